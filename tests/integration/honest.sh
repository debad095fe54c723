#!/usr/bin/env bash
# Honest traffic passes: other systems' DHCP clients, announcements and probes, discovery of games and printers,
# groups, fragments in any order, another network card, two players behind one NAT.
# rows: F2 S3 N1 N2 N3 K5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open honest "$1"
new_code

# A datagram to ADDRESS and PORT arrives: heard_at FROM TO ADDRESS PORT
heard_at() {
	local group=()
	case $3 in 2[23]?.*) group=("$3" "$(inner "$2")") ;; esac
	start hear "$2" /usr/bin/python3 "$probe" hear "$4" "${group[@]}"
	ready hear listening || return
	run_probe "$1" shout "$3" "$4" "hello from $1 to $3" "$(inner "$1")"
	soon 5 said hear "heard from .*hello from $1"
	set -- $?
	stop hear
	return "$1"
}
# One datagram of three fragments, in this order: arrives_in ORDER FROM TO ADDRESS
arrives_in() {
	local mac
	mac=$(mac_of "$3" "$(inner "$3")")
	start hear "$3" /usr/bin/python3 "$probe" hear 5353
	ready hear listening || return
	run_probe "$2" pieces "$(inner "$2")" "$mac" "$4" 5353 "order $1" "$1"
	soon 3 said hear "heard from .*order $1"
	set -- $?
	stop hear
	return "$1"
}
# What player 1 sends when it joins a group comes into the LAN.
joins_group() { # PROBE-WORD... HEX, which the frame has
	start frames switch /usr/bin/python3 "$probe" frames_of gateway 4 "$(mac_of player1 "$tun")"
	ready frames watching || return
	start hear player1 /usr/bin/python3 "$probe" "${@:1:$#-1}"
	soon 4 said frames "${*: -1}"
	set -- $?
	stop hear
	stop frames
	return "$1"
}
dad_failed() { ip -n "$lab-player1" -6 address show dev "$tun" | grep -qE "$1/64 .*dadfailed"; }
is_settled() { ip -n "$lab-player1" -6 address show dev "$tun" | grep -E "$1/64 " | lacks 'tentative|dadfailed' -; }

need "the relay starts" relay --log-level frame
need "the gateway joins" gateway gateway --lan lan
need "player 1 joins" client player1 player1 --address none
need "player 2 joins" client player2 player2 --address none

# ---- DHCP, as others ask
asks() { # PLACE SYSTEM...: a member can ask 16 times at once
	local system
	for system in "${@:2}"; do
		check "S3 N3 a DHCP client of $system gets a lease, and an answer to INFORM" run_probe "$1" asks "$tun" "$system"
	done
}
asks player1 windows macos android playstation dreamcast
asks player2 xbox switch networkd ipxe

# ---- addresses
room_has player1 91
room_has player2 92
check "player 1 reaches the LAN" soon 3 reaches player1 $console_ip
check "player 2 too" soon 3 reaches player2 $console_ip
check "N2 an ARP probe for a free address hears nothing" at player1 busybox arping -q -D -c 2 -w 3 -I "$tun" 192.168.77.77
check "N2 one for an address of the LAN is answered" not at player1 busybox arping -q -D -c 2 -w 3 -I "$tun" $console_ip
check "N2 one for another player's is answered" not at player1 busybox arping -q -D -c 2 -w 3 -I "$tun" 192.168.77.92
at player1 sysctl -qw "net.ipv6.conf.$tun.accept_dad=1" "net.ipv6.conf.$tun.dad_transmits=1"
address player1 "$tun" fd77::77/64
check "N2 duplicate detection finds nobody at a free IPv6 address" soon 4 is_settled fd77::77
address player1 "$tun" fd77::20/64
check "N2 it finds who of the LAN has another one" soon 4 dad_failed fd77::20
ip -n "$lab-player1" address del fd77::20/64 dev "$tun"

# ---- discovery
for to in 224.0.0.251:5353 224.0.0.252:5355 239.255.255.250:1900 192.168.77.255:137 192.168.77.255:138 255.255.255.255:27015; do
	check "F2 mDNS, LLMNR, SSDP, NetBIOS, games: the LAN hears $to" heard_at player1 console "${to%:*}" "${to#*:}"
	check "F2 player 1 hears the LAN's $to" heard_at console player1 "${to%:*}" "${to#*:}"
done
check "F2 the LAN hears an IGMP report with a router alert" joins_group hear 5353 239.1.2.3 "$tun" 94040000
check "F2 it hears an MLD report with one" joins_group hear6 5353 ff05::1234 "$tun" 3a000502

# ---- fragments
for order in 0,1,2 2,1,0 1,2,0 2,0,1; do
	check "fragments in the order $order reach the LAN" arrives_in $order player1 console $console_ip
	check "and a player" arrives_in $order console player1 192.168.77.91
done

# ---- another network card, with the same address
stop player1
need "player 1 rejoins with another network card" client player1 player1 --address none --mac 02:00:00:00:00:a1
room_has player1 91
check "N2 K5 the LAN answers it" soon 5 reaches player1 $console_ip
check "N2 K5 the LAN reaches it" soon 5 reaches console 192.168.77.91
check "N2 K5 another player reaches it" soon 5 reaches player2 192.168.77.91
check "N2 and by IPv6" soon 5 reaches player2 fd77::91

# ---- two players behind one NAT
at internet nft 'table ip n { chain post { type nat hook postrouting priority 100; ip saddr { 198.51.100.10, 192.0.2.10 } oifname "vps" masquerade; }; }'
for name in player1 player2; do stop $name; done
need "player 1 joins from behind a NAT" client player1 player1 --address none
need "player 2 joins from behind the same" client player2 player2 --address none
check "the relay sees one address" test "$(grep -E 'event=peer_joined' "$dir/relay.err" | tail -n 2 | grep -c 'address=203.0.113.1:')" = 2
room_has player1 91
room_has player2 92
check "they reach each other" soon 5 reaches player1 192.168.77.92
check "player 1 reaches the LAN" soon 5 reaches player1 $console_ip
check "player 2 too" soon 5 reaches player2 $console_ip
lab_finish
