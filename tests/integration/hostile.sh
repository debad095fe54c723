#!/usr/bin/env bash
# rows: F1 F4 S1 S2 S3 S4 L4 R2 C4: hostile frames, a million pieces of garbage and a crowd through a
# real relay.
#
# On the loopback interface of a network namespace that ends with this script.
set -euo pipefail
bin=$(cd "$1" && pwd)
count=${LANPARTY_GARBAGE:-1000000}
relay_program=$bin/lanparty-relay
sanitized=$bin/../../build-asan/bin/lanparty-relay
[ ! -x "$sanitized" ] || relay_program=$sanitized
if [ -z "${IN_NAMESPACE-}" ]; then
	IN_NAMESPACE=1 exec unshare --net --kill-child --pid --fork --mount-proc "$0" "$bin"
fi
ip link set lo up
folder=$(mktemp -d)
export STATE_DIRECTORY=$folder/state # not this computer's own
trap 'rm -rf "$folder"' EXIT

start_relay() {
	: >"$folder/out" # or the output of the last program would be read again
	"$relay_program" --listen 127.0.0.1:4433 --dev-cert-der-out "$folder/relay.der" \
		--broadcast-rate 0 --unknown-rate 0 --client-rate 0 "$@" >"$folder/out" 2>"$folder/log" &
	relay=$!
	for _ in $(seq 150); do
		grep -q listening "$folder/out" && return
		sleep 0.1
	done
	cat "$folder/log"
	return 1
}

# It must end by itself, with 0: a sanitizer's finding is another number.
stop_relay() {
	kill -TERM "$relay"
	if ! wait "$relay"; then
		echo "the relay did not end well:"
		tail -n 60 "$folder/log"
		return 1
	fi
	grep -E 'event=(summary|dropped)' "$folder/log"
}

echo "the relay is $relay_program"
echo "== F4 S1 S2 S3 S4 every frame of tests/lib/evasion.c, hostile and honest"
start_relay
"$bin/../tests/evasion_run" 127.0.0.1:4433 "$folder/relay.der"
stop_relay

echo "== F1 L4 garbage: UDP payloads, DATAGRAMs, control messages"
start_relay
"$bin/../tests/garbage_run" 127.0.0.1:4433 "$folder/relay.der" "$count"
stop_relay

echo "== R2 C4 a room as full as it can be, and one more"
start_relay --max-clients 1024
"$bin/../tests/crowd" 127.0.0.1:4433 "$folder/relay.der" 1024
stop_relay
