#!/usr/bin/env bash
# A player keeps its own networks, router, name server and way to the relay, whatever the LAN offers.
# rows: N5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open own "$1"
new_code

link player1 home internet home1
address internet home1 10.20.0.1/24 fd20::1/64
address player1 home 10.20.0.2/24 fd20::2/64

destinations=(8.8.8.8 8.0.0.1 9.9.9.9 198.51.100.53 198.51.100.1 "$relay_ip" 203.0.113.99 10.20.0.1 10.20.0.99
	2001:db8:5::5 2001:db8:1::1 2606:4700:4700::1111 2000::1 3fff::1 64:ff9b::808:808 fd20::1 fd20::99)
# Through which interface, and by which router, packets leave.
ways() {
	local to
	for to in "${destinations[@]}"; do
		ip -n "$lab-player1" route get "$to" | head -n 1 | grep -oE '^[^ ]+|via [^ ]+|dev [^ ]+' | xargs
	done
}
ways >"$dir/before"
ways_are_as_before() { ways | diff "$dir/before" -; }
has_address() { ip -n "$lab-player1" -o address show dev "$tun" | grep -qF " $1 "; } # ADDRESS/LENGTH
# At the LAN's DHCP server: leases ADDRESS/LENGTH to everybody. SENTENCE: what the player says.
is_offered() { # ADDRESS/LENGTH SENTENCE
	start evil router /usr/bin/python3 "$probe" lease lan "$1"
	ready evil leasing || return 1
	client player1 player1 --dhcp || return 1
	soon 15 said player1 "$2" || { cat "$dir/player1.out"; return 1; }
	ways_are_as_before
}
withdrawn() { stop player1 && stop evil; }

need "the relay starts" relay
need "the gateway joins, and lets every lease through" gateway gateway --lan lan --keep-default-route
stop dhcp

check "N5 an ordinary lease is taken" is_offered 192.168.77.60/24 '^address ip=192.168.77.60 prefix=24'
check "N5 nothing is told of it" not said player1 '^offer_refused'
withdrawn
check "N5 a /8 lease is refused" is_offered 8.0.0.146/8 '^offer_refused range=8.0.0.146/8 reason=wide narrowed=no'
check "N5 there is no address" stays 3 not said player1 '^address '
check "N5 it is told once" test "$(times player1 '^offer_refused')" = 1
withdrawn
check "N5 a lease in the own network has no route" is_offered 10.20.0.60/24 '^address ip=10.20.0.60 prefix=32'
check "N5 a sentence names both networks" said player1 '^offer_refused .*10\.20\.0\.60/24.*your own network 10\.20\.0\.0/24'
withdrawn
check "N5 a lease around the own network has no route" is_offered 10.20.7.60/16 '^address ip=10.20.7.60 prefix=32'
withdrawn
check "N5 the own address is refused" is_offered 10.20.0.2/24 '^offer_refused .*reason=own_address'
withdrawn
check "N5 the own name server's address is refused" is_offered 198.51.100.53/32 '^offer_refused .*reason=own_address'
withdrawn
check "N5 a lease around the relay has no route" is_offered 203.0.113.77/24 '^address ip=203.0.113.77 prefix=32'
check "N5 the relay's own address is refused" eval 'withdrawn; is_offered '$relay_ip'/24 "^offer_refused .*reason=own_address"'
withdrawn

need "the player joins" client player1 player1
start advertise router /usr/bin/python3 "$probe" advertise lan fd20::1
has_good_prefix() { ip -n "$lab-player1" -6 -o address show dev "$tun" scope global | grep -q fd99:; }
check "N5 a good prefix of a router advertisement is taken" soon 15 has_good_prefix
check "N5 no other one is" ways_are_as_before
check "N5 a sentence says so" said player1 '^offer_refused range=[0-9a-f:]+/[0-9]+ reason='
check "N5 no more than eight do" test "$(times player1 '^offer_refused')" -le 8
routes_are_good() { ip -n "$lab-player1" -6 route show dev "$tun" | lacks -v '^(fe80|ff00|fd99):' -; }
check "N5 there is no other route into the room" routes_are_good
stop advertise

# An address that the player sets by hand takes the way to the relay: the connection does not follow.
captured() { ip -n "$lab-player1" route get "$relay_ip" | grep -q "dev $tun"; }
room_has player1 91
check "the LAN answers" soon 5 reaches player1 $console_ip
address player1 "$tun" 203.0.113.60/24
need "the room has the relay's range" captured
check "N5 the connection stays" stays 20 not said player1 '^disconnected'
link player1 wan2 internet player1b
address internet player1b 198.51.101.1/24
address player1 wan2 198.51.101.10/24
ip -n "$lab-player1" link del wan
ip -n "$lab-player1" route add default via 198.51.101.1
check "N5 it finds the next way when that one goes" stays 20 not said player1 '^disconnected'
check "N5 the LAN still answers" soon 5 reaches player1 $console_ip
lab_finish
