#!/usr/bin/env bash
# What was away comes back by itself: the uplink, the relay, one of its addresses, a program that was stopped.
# rows: K5 K6
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open uplink "$1"
new_code

# Ten pings per second, with the time of each answer, until `stop NAME`.
pings() { start "$1" "$2" ping -D -i 0.1 "${@:3}"; } # NAME PLACE [OPTION...] ADDRESS
first_since() { # NAME TIME: the time of the first answer after TIME, both in microseconds
	sed -n 's/^\[\([0-9]*\)\.\([0-9]*\)\] [0-9]* bytes from.*/\1\2/p' "$dir/$1.out" | awk -v since="$2" '$1 > since { print; exit }'
}
answered() { [ -n "$(first_since "$1" "$2")" ]; }
back_in() { # MILLISECONDS NAME TIME
	local first
	soon 8 answered "$2" "$3" || { echo "nothing came back"; return 1; }
	first=$((($(first_since "$2" "$3") - $3) / 1000))
	echo "back after $first ms"
	[ "$first" -le "$1" ]
}
# No answer of ten or more took a second: a frame waits for half a second at most, and goes two ways.
none_is_old() { # NAME
	awk -v RS='time=' 'NR > 1 && $1 > 1000 { print $1 " ms"; old++ } END { print NR; exit old > 0 || NR <= 10 }' "$dir/$1.out"
}

need "the relay starts" relay
need "the gateway joins" gateway gateway --lan lan --log-level debug
need "the player joins" client player1 player1 --log-level debug
need "the player has a lease" soon 5 said player1 '^address .*source=dhcp'
check "and gives it back when an address is set by hand" room_has player1 91
need "the DHCP server hears of that" soon 5 said dhcp DHCPRELEASE
# The kernel asks once per second for a MAC that it has lost, and keeps packets meanwhile.
ip -n "$lab-player1" neighbour replace $console_ip lladdr "$(mac_of console lan)" dev "$tun"
ip -n "$lab-console" neighbour replace 192.168.77.91 lladdr "$(mac_of player1 "$tun")" dev lan

# ---- the uplink of the relay, which no computer of the room notices
pings ping player1 $console_ip
check "the player reaches the LAN" soon 5 answered ping 0
ip -n "$lab-internet" link set vps down
address player1 "$tun" 192.168.77.92/24 # its first announcement is lost
sleep 7
check "nothing passes without the uplink" not answered ping $(($(now) - 6000000))
ip -n "$lab-internet" link set vps up
outside_works() { reaches gateway -W 0.2 "$relay_ip" && reaches player1 -W 0.2 "$relay_ip"; } # a busy kernel can take seconds
check "the computers reach the relay's computer again" soon 10 outside_works
since=$(now)
check "K5 frames flow 1 s after the uplink is back" back_in 1000 ping "$since"
check "K5 so does an address that was set meanwhile" soon 3 reaches player1 -I 192.168.77.92 $console_ip
check "K5 the membership goes on" not said_times player1 '^joined' 2

# ---- the relay itself
stop relay KILL
sleep 2
check "nothing passes without the relay" not answered ping $(($(now) - 1500000))
need "the relay starts again" relay
since=$(now)
check "K5 frames flow 1 s after the relay is back" back_in 1000 ping "$since"

# ---- programs that are stopped
pings pong console 192.168.77.91
check "the LAN reaches the player" soon 5 answered pong 0
for name in gateway player1; do
	kill -s STOP "${pid[$name]}"
	sleep 4
	since=$(now)
	kill -s CONT "${pid[$name]}"
	check "K5 frames flow 1 s after $name goes on" back_in 1000 ping "$since"
	check "K6 to the player, too" back_in 1000 pong "$since"
	check "K6 it says that it was stopped" said "$name" was_stopped
done
check "K5 nobody had to join again" not said_times player1 '^joined' 3
for name in ping pong; do check "enough answers of $name have come" soon 10 said_times $name ' bytes from ' 10; done
stop ping
stop pong
check "K6 the player gets no answer that is old" none_is_old ping
check "K6 nor does the LAN" none_is_old pong
stop player1

# ---- two addresses, one of them dead
printf '203.0.113.99 relay.test\n%s relay.test\n' $relay_ip >"/etc/netns/$lab-player1/hosts"
relay_ip=relay.test
need "K6 the player joins by the second address" client player1 player1 --log-level debug
check "K6 within 3 s of its start" joined_within 3000 player1
check "K6 it tried the first one, once" test "$(times player1 'event=connecting address=203\.0\.113\.99:443')" = 1
check "K6 and then the second one, once" test "$(times player1 'event=connecting address=203\.0\.113\.5:443')" = 1
lab_finish
