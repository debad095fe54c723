#!/usr/bin/env bash
# rows: K1 K2 K5: programs are killed, restarted and frozen, and computers change their address, in random order.
# After each blow the room is whole again within 10 s. LANPARTY_ROUNDS blows (6), LANPARTY_SEED of their order.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${LANPARTY_ROUNDS:-6} seed=${LANPARTY_SEED:-$$}
lab_open chaos "$1"
new_code
RANDOM=$seed
echo "LANPARTY_SEED=$seed"

starts() { # NAME
	case $1 in
	relay) relay ;;
	gateway) gateway gateway --lan lan ;;
	player1) client player1 player1 && room_has player1 91 ;;
	player2) client player2 player2 && room_has player2 92 ;;
	esac
}
pause() { # up to so many tenths of a second
	local tenths=$((RANDOM % $1))
	sleep $((tenths / 10)).$((tenths % 10))
}
members=(gateway player1 player2)
any_member() { echo "${members[RANDOM % 3]}"; }
any_program() { case $((RANDOM % 4)) in 0) echo relay ;; *) any_member ;; esac; }
killed() { stop "$1" KILL; pause 20; starts "$1"; }  # NAME
ended() { stop "$1"; pause 20; starts "$1"; }        # NAME
frozen() { kill -s STOP "${pid[$1]}"; pause 40; kill -s CONT "${pid[$1]}"; } # NAME
hosts=0
moved() { # NAME
	hosts=$((hosts + 1))
	case $1 in
	gateway) moves gateway 100.64.0.$((100 + hosts % 100)) 100.64.0.1 ;;
	player1) moves player1 198.51.100.$((100 + hosts % 100)) 198.51.100.1 ;;
	player2) moves player2 192.0.2.$((100 + hosts % 100)) 192.0.2.1 ;;
	esac
}
is_whole() { reaches player1 -W 1 "$console_ip" && reaches player2 -W 1 192.168.77.91 && reaches console -W 1 192.168.77.92; }
still_runs() { for name in relay "${members[@]}"; do runs "$name" || { echo "$name has ended"; return 1; }; done; }

for name in relay "${members[@]}"; do need "$name starts" starts "$name"; done
need "the room is whole" soon 5 is_whole
for ((round = 1; round <= rounds; round++)); do
	case $((RANDOM % 4)) in
	0) blow=killed whom=$(any_program) ;;
	1) blow=ended whom=$(any_program) ;;
	2) blow=frozen whom=$(any_program) ;;
	3) blow=moved whom=$(any_member) ;;
	esac
	check "$round: $whom is $blow" "$blow" "$whom"
	check "K2 the room is whole again within 10 s" soon 10 is_whole
	need "all programs still run" still_runs
done
lab_finish
