#!/usr/bin/env bash
# The commands in which the tests are written: a command that cannot run proves nothing.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
echo something >"$dir/file"

gets() { # STATUS COMMAND...: 0, or not 0
	local got
	"${@:2}" >/dev/null 2>&1
	got=$?
	[ $((got != 0)) = "$1" ] || { echo "exit status $got"; return 1; }
}
killed() { sh -c 'kill -KILL $$'; }
check "not: a command that fails" gets 0 not false
check "not: a command that succeeds" gets 1 not true
check "not: a missing command has not failed" gets 1 not no-such-command
check "not: nor has one that was killed" gets 1 not killed
check "lacks: no such line" gets 0 lacks nothing "$dir/file"
check "lacks: there is such a line" gets 1 lacks some "$dir/file"
check "lacks: a file that is not there lacks nothing" gets 1 lacks nothing "$dir/other"
check "lacks: one of two is not there" gets 1 lacks nothing "$dir/file" "$dir/other"
check "prints_nothing: it does" gets 0 prints_nothing true
check "prints_nothing: it prints" gets 1 prints_nothing echo x
unfinished() { need "no lab" false; }
ends() { # STATUS COMMAND...: in a shell of its own
	local got
	(trap - EXIT; "${@:2}") >/dev/null
	got=$?
	[ "$got" = "$1" ]
}
check "need: without a lab it ends the script" ends 1 unfinished
check "and removes nothing" test -e "$dir/file"
check "prints_nothing: it fails" gets 1 prints_nothing false
lab_finish
