#!/usr/bin/env bash
# rows: K1 K2 K5: a path that loses, reorders, doubles, damages and delays packets, and a NAT that forgets.
# LANPARTY_ROUNDS joins (3) per kind of path; LANPARTY_SECONDS (15) of play on a path that loses 10 %.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${LANPARTY_ROUNDS:-3} seconds=${LANPARTY_SECONDS:-15}
lab_open impair "$1"
new_code

counts=0 last='' # how often the path has told what happened on it
tell() { # LINE: to the path; in last: what has happened since the line before
	last=''
	echo "$1" >&9
	counts=$((counts + 1))
	soon 5 eval "[ \$(grep -c arrived '$dir/impair.out') -ge $counts ]" && last=$(grep arrived "$dir/impair.out" | tail -n 1)
}
set_path() { tell "loss=0 burst=1 reorder=0 duplicate=0 corrupt=0 delay=0 $*"; }
happened() { # WHAT...: lost, duplicated, late, damaged, delayed
	local what
	echo "$last"
	for what in "$@"; do grep -qE "\"$what\":[1-9]" <<<"$last" || return 1; done
}
port_of() { at vps ss -Hnup | awk '/impair/ && /:443 / { print $(NF-2) }'; } # that the path has toward the relay
# The slowest but one in twenty of so many joins takes 10 s at most.
joins_in_time() {
	local n start slow=0
	for ((n = 0; n < rounds; n++)); do
		start=$(now)
		client player1 player1 || slow=$((slow + 1))
		echo "$((($(now) - start) / 1000)) ms"
		stop player1
	done
	[ $((slow * 20)) -le "$rounds" ]
}
# Plays for so many seconds. The result is one JSON object in play.out.
plays() { # SECONDS
	start play player1 "$bin/../tests/game" play 192.168.77.20:5000 "$1"
	soon $(($1 + 5)) said play '"lost"'
}
longest_gap() { sed -n 's/.*"gap_ms":\([0-9]*\).*/\1/p' "$dir/play.out"; }

mkfifo "$dir/settings"
exec 9<>"$dir/settings"
need "the relay starts" relay
input=$dir/settings start impair vps "$bin/../tests/impair" $relay_ip:4443 $relay_ip:443
need "the bad path is there" ready impair forwarding
relay_ip+=:4443
need "the gateway joins" gateway gateway --lan lan

while read -r kind what settings; do
	what=${what//,/ }
	set_path "$settings"
	check "K1 on a path with $kind ($settings) a client joins within 10 s" joins_in_time
	set_path
	# shellcheck disable=SC2086 # several words
	check "there were $what packets" happened $what
done <<'EOM'
loss lost loss=300
bursts lost loss=200 burst=5
reordering late reorder=250
duplicates duplicated duplicate=100
damage damaged corrupt=100
delay delayed delay=300
everything lost,duplicated,late,damaged,delayed loss=150 burst=2 reorder=250 duplicate=100 corrupt=100 delay=100
EOM

set_path
need "a player joins" client player1 player1
set_path loss=1000
stop player1
set_path
check "the leave was lost" happened lost
check "K2 a player whose leave was lost joins again" client player1 player1
check "K2 within 3 s" joined_within 3000 player1
need "it has an address" room_has player1 91
start echo console "$bin/../tests/game" echo 192.168.77.20:5000
check "the game answers" ready echo listening
set_path loss=100 burst=2 reorder=250 duplicate=100 corrupt=10 delay=20
check "it plays for $seconds s on a path that loses 10 %" plays "$seconds"
check "nobody was disconnected" lacks '^disconnected' "$dir/player1.out" "$dir/gateway.out"
set_path
check "packets were lost, and more" happened lost duplicated late damaged delayed
start play player1 "$bin/../tests/game" play 192.168.77.20:5000 6
sleep 2
port=$(port_of)
tell rebind
other=$(port_of)
check "the relay sees other ports" test -n "$port" -a -n "$other" -a "$port" != "$other"
check "K5 the NAT forgets, and the game goes on" soon 10 said play '"lost"'
cat "$dir/play.out"
check "K5 within 1 s" test "$(longest_gap)" -le 1000
check "as the same members" lacks '^disconnected' "$dir/player1.out" "$dir/gateway.out"
lab_finish
