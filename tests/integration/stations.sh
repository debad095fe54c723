#!/usr/bin/env bash
# What the gateway knows of its LAN: addresses that come after it, a router that is replaced, quiet stations after a
# restart of the relay.
# rows: N1 N2 K4 K5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open stations "$1"
new_code

# A player uses an address of the LAN as its own; the relay must drop what it sends, the router must not learn it.
takes() { # PLACE LAST
	local before
	before=$(drops address_taken)
	room_has "$1" "$2"
	at "$1" ping -q -c 2 -i 0.3 -W 1 -I "192.168.77.$2" "$router_ip"
	at "$1" ping -q -c 2 -i 0.3 -W 1 -I "fd77::$2" fd77::1
	ip -n "$lab-$1" address flush dev "$tun" to "192.168.77.$2"
	ip -n "$lab-$1" address flush dev "$tun" to "fd77::$2"
	ip -n "$lab-router" neighbour show dev lan
	# Its link-local address is its own, and the router can know it.
	lacks " $(mac_of "$1" "$tun") " <(ip -n "$lab-router" neighbour show dev lan | grep -v ^fe80) || return 1
	[ "$(drops address_taken)" -ge $((before + 4)) ]
}
refused() { # MAC: at player 2's computer
	mkdir -p "$dir/state-refused"
	ends_with 75 mac_in_use player2 env "STATE_DIRECTORY=$dir/state-refused" "$bin/lanparty-client" --tap lp9 --mac "$1" "lanparty://$relay_ip/$code?pin=$pin"
}

ip -n "$lab-gateway" address flush dev lan # as before its DHCP client has got one
need "the relay starts" relay --log-level frame
need "the gateway joins" gateway gateway --lan lan
need "player 1 joins" client player1 player1 --address none # the router must not know it by a lease
need "player 2 joins" client player2 player2 --address none
room_has player1 91
check "player 1 is in the LAN" soon 3 reaches player1 $console_ip
check "by IPv6 too" soon 3 reaches player1 fd77::20

# ---- what comes later
address gateway lan 192.168.77.2/24 fd77::2/64
check "N1 the gateway sees its own addresses" soon 8 said gateway 'protected interface=lan ipv4=1'
check "N1 N2 no player takes them" takes player2 2
check "the gateway's computer reaches the router" reaches gateway $router_ip # and knows its MAC
ip -n "$lab-gateway" route add default via $router_ip dev lan metric 500
check "N1 the router is known" soon 8 said gateway 'protected interface=lan ipv4=2'
check "N1 no player has its MAC" refused "$(mac_of router lan)"
at router sysctl -qw net.ipv4.conf.lan.arp_notify=1
ip -n "$lab-router" link set lan address 02:00:00:00:77:77
check "N1 another router at its address works" soon 8 reaches player1 $router_ip
check "N1 and no player has its MAC" soon 8 refused 02:00:00:00:77:77
check "K5 the gateway knows it" soon 15 said_times gateway 'protected interface=lan ipv4=2' 2
# With another router it can be another LAN: only who is heard from now on is in it.
ip -n "$lab-console" neighbour flush dev lan
for to in $router_ip fd77::1; do check "the console reaches $to" soon 3 reaches console "$to"; done

# ---- after a restart of the relay
stop relay KILL
need "the relay starts again" relay --log-level frame
for name in gateway player1 player2; do check "$name is back" soon 10 said_times "$name" '^joined' 2; done
check "K4 no player has the console's MAC" refused "$(mac_of console lan)"
check "K4 nor its addresses" takes player2 20
check "player 1 reaches the console" soon 3 reaches player1 $console_ip

# ---- a game server moves to another computer
ip -n "$lab-game" address delete 192.168.77.30/24 dev lan
address console lan 192.168.77.30/24
ip -n "$lab-player1" neighbour flush dev "$tun"
check "K4 a game server that has moved works" soon 3 reaches player1 $game_ip

# ---- a thief comes before the gateway: the switch must not hear the router's MAC from it
behind() { bridge -n "$lab-switch" fdb show br lan0 | grep "^$1 dev $2 "; } # MAC PORT
stop gateway
start thief player2 env "STATE_DIRECTORY=$dir/state-refused" \
	"$bin/lanparty-client" --tap lp9 --address none --mac 02:00:00:00:77:77 "lanparty://$relay_ip/$code?pin=$pin"
need "without a gateway a player gets the router's MAC" soon 5 said thief '^joined'
check "the router is where it was" soon 3 reaches gateway $router_ip
ip -n "$lab-gateway" neighbour flush dev lan # as on a computer that was just started
need "the gateway comes back" gateway gateway --lan lan
check "N1 its switch port does not get the router's frames" stays 8 behind 02:00:00:00:77:77 router
check "N1 the other players are announced" behind "$(mac_of player1 "$tun")" gateway
lab_finish
