#!/usr/bin/env bash
# rows: P1 P2: a relay of several workers: every packet finds the one that has its room.
#
# On the loopback interface of a network namespace that ends with this script.
set -uo pipefail
bin=$(cd "$1" && pwd) || exit 1
if [ -z "${IN_NAMESPACE-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "needs root, for a network namespace"; exit 77; }
	IN_NAMESPACE=1 exec unshare --net --kill-child --pid --fork --mount-proc "$0" "$bin"
fi
ip link set lo up
folder=$(mktemp -d)
export STATE_DIRECTORY=$folder/state # not this computer's own
trap 'rm -rf "$folder"' EXIT
at=127.0.0.1:4433
failed=0 relay=''

check() { # TITLE COMMAND...
	if "${@:2}" >"$folder/check" 2>&1; then
		echo "ok    $1"
	else
		failed=$((failed + 1))
		echo "FAIL  $1   (${*:2})"
		tail -n 15 "$folder/check" "$folder/log" | sed 's/^/      | /'
	fi
}
not() { ! "$@"; }
soon() { # COMMAND...: within 15 s, because no check is about that time
	local end=$((${EPOCHREALTIME/./} + 15000000))
	until "$@"; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}
logged() { grep -qE "$1" "$folder/log"; }
count_of() { grep -oE "$1=[0-9]+" "$folder/log" | tail -n 1 | cut -d= -f2; } # KEY of the summary
is() { echo "$1=$(count_of "$1"), not $2"; [ "$(count_of "$1")" = "$2" ]; } # KEY NUMBER
ends_with() { # STATUS SENTENCE COMMAND...
	timeout 10 "${@:3}" >"$folder/end" 2>&1
	local got=$?
	cat "$folder/end"
	echo "exit status $got"
	[ $got = "$1" ] && grep -q "$2" "$folder/end"
}

new_certificate() { # NAME: keeps it, and as DER for the peers
	rm -f "$folder/crt" "$folder/key"
	if ! "$bin/lanparty-relay" new-cert --cert "$folder/crt" --key "$folder/key" >/dev/null ||
		! sed '/-----/d' "$folder/crt" | base64 -d >"$folder/$1.der"; then
		echo "no certificate"
		exit 1
	fi
}
start() { # OPTION...
	: >"$folder/out" # or the output of the last program would be read again
	"${before[@]}" "$bin/lanparty-relay" --cert "$folder/crt" --key "$folder/key" --broadcast-rate 0 --unknown-rate 0 \
		"$@" >"$folder/out" 2>"$folder/log" &
	relay=$!
	soon grep -q listening "$folder/out"
}
before=(env)
stop() { # must end by itself, with 0 (a sanitizer's finding is another number), within a second
	local began=${EPOCHREALTIME/./} result took
	kill -TERM "$relay"
	wait "$relay"
	result=$?
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	grep -E 'event=(summary|packets|workers)' "$folder/log"
	echo "exit status $result after $took ms"
	[ $result = 0 ] || tail -n 60 "$folder/log"
	[ $result = 0 ] && [ $took -lt 1000 ]
}
joins() { "$bin/../tests/workers_run" "$1" "$folder/$2.der" joins; } # ADDRESS DER

talk() { # WORKERS
	local n=$1 talkers i
	echo "== $n workers: rooms, changing ports, a flood, wrong workers"
	new_certificate first
	# 4 rooms: with 2 workers 2 each; with 3 workers up to 2 each, which one of them has.
	check "the relay starts" start --listen "$at" --listen '[::1]:4434' --workers "$n" --max-rooms 4
	check "it logs the number of workers" logged "event=workers count=$n"
	"$bin/../tests/workers_run" "$at" "$folder/first.der" >"$folder/talk" 2>&1 &
	talkers=$!
	while kill -0 $talkers 2>/dev/null && ! grep -q ready "$folder/talk"; do sleep 0.1; done
	check "members of all rooms exchanged frames all the time" grep -q ready "$folder/talk"
	cat "$folder/talk"
	check "each room has a number of its own" \
		test "$(grep -oE 'peer_joined room=[0-9]+' "$folder/log" | sort -u | wc -l)" = 4
	check "a second address has all workers too" joins '[::1]:4434' first
	for i in 1 "$n"; do
		check "P1 a second relay there, of $i, is refused with a sentence" \
			ends_with 69 'another program has this UDP port' "$bin/lanparty-relay" --listen "$at" --workers "$i"
	done
	new_certificate second
	kill -HUP "$relay"
	check "P2 SIGHUP: all workers have the new certificate" soon joins "$at" second
	check "P2 and none has the old one" ends_with 3 'turned away' "$bin/../tests/workers_run" "$at" "$folder/first.der" joins
	echo "no certificate" >"$folder/crt"
	kill -HUP "$relay"
	check "P2 a broken one changes nothing" soon logged 'event=reload kept='
	check "P2 for any worker" joins "$at" second
	check "no member was lost" kill -0 $talkers
	check "all end within a second" stop
	cat "$folder/check"
	check "and all members were told" wait $talkers
	check "no packet came to the wrong worker" is misrouted 0
	check "nor did any belong to an unknown connection" is resets 0
	check "nor was any other ignored" is ignored 0
	check "the flood had to prove its addresses" test "$(count_of retries)" -ge 100
	# 8 talkers, 4 newcomers in the flood, 8 sent on to their worker, 3 times 4 that only join
	check "the sums are of all workers" is joins 32
	check "also for members at the wrong worker" is rejects 8
}

talk 2
talk 3

echo "== garbage"
new_certificate first
check "the relay starts" start --listen 127.0.0.1:0 --workers 3
port=$(sed -n 's,^listening on \(.*\)/udp$,\1,p' "$folder/out")
check "P1 all have the port that the system chose" joins "$port" first
check "random packets disturb nobody" "$bin/../tests/garbage_run" "$port" "$folder/first.der" "${LANPARTY_GARBAGE:-20000}"
check "the relay exits with 0" stop

echo "== TCP connections are handed over"
check "the relay starts" start --listen "$at" --workers 3
"$bin/../tests/over_tcp" 127.0.0.1:4434 "$at" >"$folder/over" 2>&1 &
over=$!
soon grep -q ready "$folder/over"
many_join() { # LETTER...: one after the other, each in a room of its own; the kernel gives each connection to any worker
	local a
	for a in "$@"; do timeout 10 "$bin/../tests/witness" 127.0.0.1:4434 "$folder/first.der" join "a-room-of-$a" || return; done
}
check "P2 members over TCP join, whichever worker has accepted them" many_join {a..m}
new_certificate first
kill -HUP "$relay"
check "P2 the new certificate is there" soon logged 'event=certificate.*'"$(openssl dgst -sha256 -r "$folder/first.der" | cut -c1-64)"
check "P2 members over TCP join with it" many_join {n..z}
kill "$over"
check "the relay exits with 0" stop
check "P2 others than their own worker have accepted some" test "$(count_of handed_over)" -ge 1

echo "== limits are divided"
check "the relay starts" start --listen "$at" --workers 3 --max-rooms 3
check "one room each: two that are on one worker do not fit" \
	ends_with 0 'joined: 3, .* no room left: 1' "$bin/../tests/workers_run" "$at" "$folder/first.der" stay
check "the relay exits with 0" stop

echo "== how many"
counts() { # NUMBER OPTION...
	start --listen "$at" "${@:2}" && logged "event=workers count=$1" && stop
}
cores=$(nproc)
check "one worker per core" counts $((cores < 16 ? cores : 16))
check "that the process can run on" eval 'before=(taskset -c 0); counts 1'
before=(env)
check "one per 64 rooms" counts $((cores < 2 ? cores : 2)) --max-rooms 128
check "at least one worker" counts 1 --max-rooms 63
check "as many as the option says" counts 5 --workers 5 --max-rooms 1
before=(env LANPARTY_WORKERS=3)
check "by the environment as well" counts 3
before=(env)
echo "workers = 4" >"$folder/config"
check "the number can stand in a file" counts 4 --config "$folder/config"
check "P1 not 0" ends_with 64 'from 1 to 64' "$bin/lanparty-relay" --workers 0
check "P1 not 65" ends_with 64 'from 1 to 64' "$bin/lanparty-relay" --workers 65
if grep -qaE '__[at]san_init' "$bin/lanparty-relay"; then
	echo "SKIP  one worker where the kernel cannot steer packets (LD_PRELOAD does not go with a sanitizer)"
else
	before=(env LD_PRELOAD="$bin/../tests/no_steering.so")
	check "one where the kernel cannot steer packets" counts 1 --workers 3
	check "one worker instead of three is logged" logged 'event=one_worker wanted=3 reason='
fi

# ---- a service manager (sd_notify)
/usr/bin/python3 "$(dirname "$0")/probe.py" manager "$folder/notify" >"$folder/told" &
manager=$!
soon test -S "$folder/notify"
before=(env NOTIFY_SOCKET="$folder/notify" WATCHDOG_USEC=2000000)
told() { [ "$(grep -c "^$1" "$folder/told")" -ge "$2" ]; } # LINE TIMES
check "a relay of a service starts" start --listen "$at" --workers 3
check "it says that it is ready" soon told READY=1 1
check "and that all workers run, each second" soon told WATCHDOG=1 3
: >"$folder/freeze"
# The first thread speaks with the manager, and the last one is another worker.
last_thread() { find "/proc/$relay/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1; }
/usr/bin/python3 "$(dirname "$0")/probe.py" freeze "$(last_thread)" 60 >"$folder/freeze" 2>&1 &
freezer=$!
if soon grep -q frozen "$folder/freeze"; then
	beats=$(grep -c WATCHDOG "$folder/told")
	sleep 3
	check "it is silent while one worker is stuck, but for the beat that was due" not told WATCHDOG=1 $((beats + 2))
	kill "$freezer"
	beats=$(grep -c WATCHDOG "$folder/told")
	check "and speaks again when that one goes on" soon told WATCHDOG=1 $((beats + 2))
else
	echo "SKIP  one worker that is stuck ($(tail -n 1 "$folder/freeze"))"
	kill "$freezer" 2>/dev/null
fi
check "the relay of a service ends" stop
check "it tells the manager that it ends" soon told STOPPING=1 1
kill "$manager"
[ $failed = 0 ]
