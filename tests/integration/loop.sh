#!/usr/bin/env bash
# A player bridges the room's interface with a cable into the gateway's LAN. The player is cut off and named, and the
# LAN stays quiet, until the cable is pulled.
# rows: F2
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open loop "$1"
new_code

# A broadcast that the game server sends once is heard at most MOST times, and at least once.
is_heard() { # MOST
	local copies
	start count console /usr/bin/python3 "$probe" count 5353 3
	ready count listening || return
	run_probe game shout 192.168.77.255 5353 hello
	soon 15 said count ' packets$' || return
	copies=$(told count ' packets$')
	echo "$copies"
	[ "${copies% packets}" -ge 1 ] && [ "${copies% packets}" -le "$1" ]
}

# While the game server sends 100 broadcasts within 2 s, the loop is seen, and one second later none goes round.
is_quiet_soon() {
	local line datagrams again last
	start copies console /usr/bin/python3 "$probe" copies 5353 4
	soon 3 said copies listening || return
	run_probe game shouts 192.168.77.255 5353 100
	soon 6 said copies ' again, ' || return
	line=$(told copies ' again, ')
	datagrams=${line%% *}
	again=${line% again*}
	again=${again##* }
	last=${line##* }
	echo "$line"
	said player1 'event=loop ' && [ "$datagrams" -ge 99 ] || return
	[ "$again" = 0 ] && return
	echo "$((last - $(told_at player1 'event=loop '))) ms after the loop was seen"
	[ "$last" -le $(($(told_at player1 'event=loop ') + 1000)) ]
}

need "the relay starts" relay
need "the gateway joins" gateway gateway --lan lan
need "player 1 joins" client player1 player1 --name Anna
need "player 2 joins" client player2 player2
room_has player2 92
check "one broadcast is heard once" is_heard 1

# ---- the cable
ip -n "$lab-player1" link add br9 up type bridge forward_delay 0
ip -n "$lab-player1" link set "$tun" master br9
link player1 cable switch player1
ip -n "$lab-switch" link set player1 master lan0
ip -n "$lab-player1" link set cable master br9
sleep 1.5 # the bridges see the cable
check "F2 the LAN is quiet within a second after the loop is seen" is_quiet_soon
paste -sd, "$dir/check.log"
check "a broadcast does not go round" is_heard 10
check "the player is told" soon 5 said player1 'event=loop .*bridge'
check "the host is told who it is" soon 5 said gateway 'event=loop .*name=Anna'
check "the relay logs it" soon 5 said relay 'event=loop .*name=Anna'
check "the LAN is quiet" is_heard 1
check "the others play on" soon 3 reaches player2 $console_ip

# ---- pulled
ip -n "$lab-player1" link set cable down
check "the player is told" soon 15 said player1 'event=loop_ended '
check "the host as well" soon 5 said gateway 'event=loop_ended .*name=Anna'
ip -n "$lab-player1" link set "$tun" nomaster
room_has player1 91
check "broadcasts reach the player again" heard game player1 192.168.77.255
lab_finish
