#!/usr/bin/env bash
# What one stranger can cost a relay and its other players.
# rows: N6
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open strangers "$1"
new_code

relay_at=$relay_ip:443
stranger() { start stranger "$1" "$bin/../tests/stranger" "$relay_at" "$dir/relay.der" "${@:2}"; } # PLACE KIND SECONDS
count() { told stranger '^\{' | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }                            # KEY
between() { echo "$1: $2 to $3"; [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }
ended() { ! runs "$1"; }
told_to_wait() { # one who comes just as a join is free gets in at once: then once more
	local try
	for try in 1 2 3 4 5; do
		start second player2 env "STATE_DIRECTORY=$dir" "$bin/lanparty-client" --tap lp9 "lanparty://$relay_ip/$code?pin=$pin"
		soon 5 said second '^(rejected|joined) '
		! said second '^rejected reason=busy .*final=no' || return 0
		echo "try $try"
		stop second
	done
	return 1
}
lines() { grep -c . "$dir/relay.err"; }

serves() { # [OPTION...]
	start relay vps "$bin/lanparty-relay" --workers 1 --listen "$relay_at" --dev-cert-der-out "$dir/relay.der" "$@"
	ready relay '^listening on ' || return
	pin=$(sed -n 's/.*pin=\(sha256:[0-9a-f]*\).*/\1/p' "$dir/relay.err")
}
need "the relay starts" serves

# ---- somebody joins and leaves a room without end
stranger player2 churn 5
check "a player elsewhere joins at once" client player1 player1
check "the stranger ends" soon 20 ended stranger
check "N6 he joined 20 times at once and 5 times per second" between "$(count joined)" 20 60
check "N6 and was told to wait then" between "$(count busy)" 1 100000
check "N6 the log has few lines of it" between "$(lines)" 20 100
check "N6 and their number" soon 12 said relay 'event=more_lines of=(rejected|peer_joined|peer_left) count=[0-9]+ seconds=10 source='
stranger player2 churn 8
sleep 2
check "N6 a player behind the same address is told to wait" told_to_wait
check "N6 and gets in" soon 20 said second '^joined '
stop second
check "the stranger ends again" soon 20 ended stranger

# ---- somebody tries one room after the other
sleep 12 # until the address of player 2 has its joins again
stranger player2 guess 4
check "the stranger who guesses ends" soon 20 ended stranger
check "N6 he opened ten rooms" between "$(count joined)" 1 11

check "the player was never disconnected" not said player1 '^disconnected'
stop player1
stop relay

# ---- limits that the host has chosen
need "the relay starts with small limits" serves --join-rate 1 --join-burst 2
stranger player2 churn 4
check "the stranger ends once more" soon 20 ended stranger
told stranger '^\{'
check "N6 he joined twice at once and once per second" between "$(count joined)" 1 12
# Four times the joins, and as many again for those who have answered a Retry.
check "N6 he finished four times as many handshakes, and as many after a Retry" between $(($(count joined) + $(count busy))) 8 96
check "N6 the others were refused" between "$(count other)" 100 1000000
check "N6 a player behind the same address is told to wait, in a sentence" told_to_wait
check "N6 which says why" said second '^rejected reason=busy text="too many joins from your network'
check "N6 and gets in by itself" soon 20 said second '^joined '
lab_finish
