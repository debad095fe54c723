#!/usr/bin/env bash
# Identities that a player can try to take, and that come late or are seldom heard: a card that is plugged into the
# gateway's computer, a router that speaks IPv6 alone, the bridge itself, a silent DHCP server, special addresses.
# rows: N1 N2 N3 K4
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open thieves "$1"
new_code

refused() { # MAC: at player 2's computer
	mkdir -p "$dir/state-refused"
	ends_with 75 mac_in_use player2 env "STATE_DIRECTORY=$dir/state-refused" "$bin/lanparty-client" --tap lp9 --mac "$1" "lanparty://$relay_ip/$code?pin=$pin"
}
hex() { /usr/bin/python3 -c 'import ipaddress, sys; print(ipaddress.ip_address(sys.argv[1]).packed.hex())' "$1"; }
# Has a frame of player 1 come into the LAN that has this source address, in ARP, IPv4 or IPv6?
comes_from() { # IPV4 | IPV6
	local arp='.{28}'
	[ "$1" != 0.0.0.0 ] || arp='.{12}0002.{12}' # a request from there is a probe (RFC 5227)
	grep -E "^.{24}(0806$arp|0800.{24}|86dd.{16})$(hex "$1")" "$dir/seen.out"
}
# Player 1 claims an address in many ways, and then a free one: which of the two comes into the LAN?
claims() { # IPV4 | IPV6
	start seen switch /usr/bin/python3 "$probe" frames_of gateway 20 "$(mac_of player1 "$tun")"
	ready seen watching || return
	at player1 /usr/bin/python3 "$probe" claims "$tun" "$1"
	at player1 /usr/bin/python3 "$probe" claims "$tun" fd77::78
	soon 5 comes_from fd77::78 || { echo "the free address does not come into the LAN"; return 2; }
	stop seen
	! comes_from "$1"
}
comes() { # IPV4 | IPV6: it is player 1's, or free
	claims "$1"
	[ $? = 1 ]
}
news() { times gateway 'event=protected '; }
has_news() { said_times gateway 'event=protected ' $((before + 1)); } # since $before

lab_bridge
need "the relay starts" relay --log-level frame
need "the gateway joins" gateway gateway --bridge br0
need "player 1 joins" client player1 player1 --address none
room_has player1 91
check "player 1 reaches the LAN" soon 3 reaches player1 $console_ip

for good in 192.168.77.91 fd77::78; do check "the LAN hears that player 1 is $good" comes $good; done

# ---- MACs
check "N1 the MAC of the bridge is refused" refused "$(mac_of gateway br0)"
check "N1 so is that of the gateway's port in it" refused "$(mac_of gateway lpgw0)"
before=$(news)
ip -n "$lab-gateway" link add late0 address 02:00:00:00:66:66 type veth peer name late1
check "N1 the gateway sees a card that is plugged in later" soon 5 has_news
check "N1 and its MAC is refused" refused 02:00:00:00:66:66
ip -n "$lab-router" link add link lan name v6only address 02:00:00:00:77:06 type macvlan mode bridge
ip -n "$lab-router" link set v6only up
router6=$(link_local router v6only)
before=$(news)
ip -n "$lab-gateway" -6 route add default via "$router6" dev br0 metric 50
check "N1 the gateway's computer reaches a router that has IPv6 alone" soon 5 reaches gateway "$router6%br0"
check "N1 the gateway sees it" soon 5 has_news
check "N1 and its MAC is refused" soon 3 refused 02:00:00:00:77:06
check "N2 its address is nobody else's" claims "$router6"

# ---- a DHCP server that is another computer than the router, and that only DHCP clients hear
stop dhcp
ip -n "$lab-switch" link add dhcp0 type veth peer name lan1 netns "$lab-router"
ip -n "$lab-switch" link set dhcp0 up master lan0
ip -n "$lab-router" link set lan1 address 02:00:00:00:77:67 up
address router lan1 192.168.77.67/24
start dhcp router dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=lan1 --bind-interfaces --dhcp-authoritative \
	--no-ping --user=root --log-facility=- --pid-file="$dir/dhcp.pid" --dhcp-leasefile="$dir/leases2" \
	--dhcp-range=192.168.77.100,192.168.77.150,1h --dhcp-broadcast
ready dhcp 'IP range'
check "a player gets a lease of it" run_probe player1 asks "$tun" playstation
check "N1 K4 its MAC is refused" soon 3 refused 02:00:00:00:77:67
check "N2 K4 its address is nobody else's" claims 192.168.77.67

# ---- addresses that are nobody's
for special in 255.255.255.255 224.0.0.1 127.0.0.1 0.0.0.0 ff02::1 ::1; do
	check "N2 nobody is $special" claims $special
done
check "player 1 still reaches the LAN" soon 3 reaches player1 $console_ip
lab_finish
