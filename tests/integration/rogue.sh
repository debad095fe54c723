#!/usr/bin/env bash
# A relay that somebody has taken over says whatever it likes to a gateway and to players: tests/rig/rogue.c. Nothing
# hostile reaches LAN or player, nobody is cut off, and no route changes.
# rows: F4 S1 S2 S4 S5 N1 N2 N5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open rogue "$1"
new_code
tests=$bin/../tests
[ -x "$tests/rogue" ] || lab_skip "needs tests/rogue beside the folder of the programs"

console=$(mac_of console lan) game=$(mac_of game lan) router=$(mac_of router lan)
own=("$(mac_of gateway lan)" "$console" "$game" "$router" 02:00:00:00:00:02)
addresses=("$console_ip" "$router_ip" 192.168.77.2 fd77::20 fd77::2 "$(link_local console lan)" "$(link_local gateway lan)")
owned=(fd77::20 fd77::2 "$(link_local console lan)" "$(link_local gateway lan)")

# Of the player: through which interface, and by which router, packets leave.
ways() {
	local to
	for to in 8.8.8.8 8.0.0.1 9.9.9.9 1.1.1.1 198.51.100.53 198.51.100.1 198.51.100.99 192.0.2.1 192.0.2.99 "$relay_ip" 203.0.113.99 \
		10.0.0.9 2001:db8:5::5 2606:4700:4700::1111 2000::1; do
		ip -n "$lab-player2" route get "$to" | head -n 1 | grep -oE '^[^ ]+|via [^ ]+|dev [^ ]+' | xargs
	done
}
ways_are_as_before() { ways | diff "$dir/before" -; }
# In the LAN, each reaches the others at their own MACs.
lan_is_whole() {
	local to
	for to in $router_ip $game_ip 192.168.77.2 fd77::1 fd77::30 fd77::2; do reaches console -q "$to" || return; done
	[ "$(ip -n "$lab-console" neighbour show "$router_ip" dev lan | awk '{print $3}')" = "$router" ]
}
watch_at() { # PLACE INTERFACE WATCH [OPTION...]
	start "watch-$1" "$1" "$tests/evasion_run" "$3" "$2" 17 "${@:4}"
	ready "watch-$1" watching
}
saw_nothing_hostile() { soon 30 said "watch-$1" '^hostile frames: [0-9]{3,}, got through: 0; honest frames: [0-9]+, got through: [1-9]'; }
# Frames of these MACs that leave the gateway's computer.
counts_no_thief() { soon 5 said thieves ' frames$' && test "$(told thieves ' frames$')" = '0 frames'; }

ways >"$dir/before"
need "the relay starts" relay
need "the gateway joins" gateway gateway --lan lan
need "a player joins" client player2 player2 --mac 02:00:00:00:00:02
check "the player reaches the LAN" soon 8 reaches player2 $console_ip
check "the LAN is whole" lan_is_whole
# What the gateway has heard in time is the LAN's: row K4.
address player2 "$tun" fd77::92/64
for to in "$router_ip" "$game_ip" fd77::1 fd77::20 fd77::30 "$(link_local console lan)%$tun"; do check "the gateway hears $to" soon 3 reaches player2 "$to"; done
stop relay KILL

# ---- the true relay's certificate and key, and its address
need "the LAN's computer looks" watch_at console lan watch steal "${owned[@]}"
# The player cannot judge who owns an address: the relay could speak for the gateway.
need "the player looks" watch_at player2 "$tun" watch-all
start thieves switch /usr/bin/python3 "$probe" frames_of gateway 15 "$console" "$game" "$router"
need "the switch looks" ready thieves watching
start rogue vps "$tests/rogue" "$relay_ip:443" "$dir/relay.crt" "$dir/relay.key" 14 "${own[@]:0:4}" "${addresses[@]}"
need "another relay is there" ready rogue listening
check "the gateway comes to it" soon 10 said rogue 'welcomes a gateway'
check "the player, too" soon 10 said rogue 'welcomes a client'
for _ in 1 2 3 4; do check "N1 N2 nobody of the LAN is cut off" eval 'lan_is_whole && sleep 2'; done
check "N5 no route of the player changes" stays 2 ways_are_as_before
check "both get everything" soon 20 said rogue '^gateways: [1-9][0-9]*, clients: [1-9]'
check "S5 F4 S1 S2 S4 N2 no hostile frame reaches the LAN, honest ones do" saw_nothing_hostile console
check "S5 S1 S2 N5 no hostile frame reaches the player, honest ones do" saw_nothing_hostile player2
check "N1 no frame with the MAC of a station comes out of the gateway" counts_no_thief
for name in rogue watch-console watch-player2; do told $name '^(hostile|gateways)'; done
check "the gateway runs" runs gateway
check "the player's program runs" runs player2
check "N5 no route of the player has changed" ways_are_as_before
check "the LAN is whole" lan_is_whole

# ---- the true one again
stop rogue
need "the true relay is back" relay
check "the player reaches the LAN again" soon 20 reaches player2 $console_ip
lab_finish
