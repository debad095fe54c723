#!/usr/bin/env bash
# Ten minutes without a word of the LAN, by the clock of the programs: its stations and its router keep MACs and
# addresses.
# rows: N1 N2 K4
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open quiet "$1"
new_code
times=30 # the clock of the programs is so many times as fast
[ -e "$bin/../tests/fast_clock.so" ] || lab_skip "needs tests/fast_clock.so beside the folder of the programs"

fast() { # COMMAND...: what it starts has that clock
	local got
	export LD_PRELOAD=$bin/../tests/fast_clock.so FAST_CLOCK=$times
	"$@"
	got=$?
	unset LD_PRELOAD FAST_CLOCK
	return "$got"
}
refused() { # MAC: at player 2's computer
	mkdir -p "$dir/state-refused"
	ends_with 75 mac_in_use player2 env "STATE_DIRECTORY=$dir/state-refused" "$bin/lanparty-client" --tap lp9 --mac "$1" "lanparty://$relay_ip/$code?pin=$pin"
}
# The player's kernel says that it has this address, and sends from it.
takes() { # LAST
	local before
	before=$(drops address_taken)
	address player1 "$tun" "192.168.77.$1/24" "fd77::$1/64"
	at player1 ping -q -c 2 -i 0.3 -W 1 -I "192.168.77.$1" "$game_ip"
	at player1 ping -q -c 2 -i 0.3 -W 1 -I "fd77::$1" fd77::30
	ip -n "$lab-player1" address del "192.168.77.$1/24" dev "$tun"
	ip -n "$lab-player1" address del "fd77::$1/64" dev "$tun"
	[ "$(drops address_taken)" -ge $((before + 4)) ]
}

need "the relay starts" fast relay --log-level frame
need "the gateway joins" fast gateway gateway --lan lan
need "a player joins" fast client player1 player1 --address none
room_has player1 91
for last in 20 1; do # the console and the router are heard
	check "the player reaches 192.168.77.$last" soon 3 reaches player1 192.168.77.$last
	check "and fd77::$last" soon 3 reaches player1 fd77::$last
done

# ---- silence. The kernels would ask whether those that they have just talked to are still there.
for place in console router player1 gateway; do
	for interface in lan "$tun"; do at $place sysctl -qw "net.ipv6.conf.$interface.router_solicitations=0" 2>"$dir/none"; done
done
for place in console router game; do ip -n "$lab-$place" neighbour flush dev lan; done
ip -n "$lab-player1" neighbour flush dev "$tun"
sleep 1
start heard_console switch /usr/bin/python3 "$probe" frames_of console 20.5 "$(mac_of console lan)"
start heard_router switch /usr/bin/python3 "$probe" frames_of router 20.5 "$(mac_of router lan)"
for place in console router; do need "the switch listens to the $place" ready heard_$place watching; done
for place in console router; do check "the $place is silent for ten minutes" soon 25 said heard_$place '^0 frames'; done
check "the player is still in the room" runs player1
for place in console router; do check "N1 K4 nobody has the MAC of the $place" refused "$(mac_of $place lan)"; done
check "N2 K4 nobody has the addresses of the console" takes 20
check "N2 K4 nor those of the router" takes 1
check "the player reaches the console" soon 3 reaches player1 $console_ip
lab_finish
