#!/usr/bin/env bash
# rows: K6: an allocation fails, once; sending or receiving fails again and again. No program crashes or hangs: it
# goes on, or ends and says why. LANPARTY_ROUNDS (5) allocations per program, spread over its run;
# LANPARTY_ERRNOS: those that calls fail with.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${LANPARTY_ROUNDS:-5}
errnos=${LANPARTY_ERRNOS:-EINTR ENOBUFS EPERM ENETUNREACH}
lab_open fault "$1"
new_code
programs=$bin
fault=$bin/../tests/fault.so
mkdir "$dir/bin"
for program in relay gateway client; do
	: >"$dir/$program.fault"
	printf '#!/bin/sh\n. "%s"\nexec "%s" "$@"\n' "$dir/$program.fault" "$programs/lanparty-$program" >"$dir/bin/lanparty-$program"
	chmod +x "$dir/bin/lanparty-$program"
done
bin=$dir/bin

number() { python3 -c "import errno; print(errno.$1)"; }                      # ERRNO
gives() { echo "export LD_PRELOAD='$fault' ${*:2}" >"$dir/$1.fault"; }        # PROGRAM NAME=VALUE...
heals() { : >"$dir/$1.fault"; }                                              # PROGRAM
is_settled() { said "$1" '^joined |"joined"' || ! runs "$1"; }
joined() { soon 10 is_settled "$1" && said "$1" '^joined |"joined"'; } # without waiting for one that has ended
name_of() { case $1 in client) echo player1 ;; *) echo "$1" ;; esac; }       # PROGRAM: of its log
starts() { # PROGRAM
	case $1 in
	relay) relay ;;
	gateway) gateway gateway --lan lan ;;
	client) client player1 player1 && room_has player1 91 ;;
	esac
}
# It ended by itself and said why, or because it was told to.
ended_well() { # NAME
	echo "$1 ended with $status"
	[ "$status" -lt 128 ] || return 1
	[ "$status" = 0 ] || [ -s "$dir/$1.out" ] || [ -s "$dir/$1.err" ]
}
# Starts the programs in turn; those behind one that has ended are left out. The player pings the console:
# reached says whether it was answered.
reached=no
session() {
	local program good=0
	reached=no
	for program in relay gateway client; do
		starts "$program" || break
	done
	[ "$program" = client ] && said player1 "^joined " && soon 10 reaches player1 -W 1 "$console_ip" && reached=yes
	for program in client gateway relay; do
		[ -n "${pid[$(name_of "$program")]-}" ] || continue
		stop "$(name_of "$program")"
		ended_well "$(name_of "$program")" || good=1
		unset "pid[$(name_of "$program")]"
	done
	return "$good"
}
counts_allocations() { # PROGRAM: in a session
	gives "$1" FAULT_REPORT="$dir/count"
	works || return
	heals "$1"
	total=$(cat "$dir/count")
	[ "$total" -gt 100 ]
}
plays_with() { # ERRNO send|receive
	local program
	for program in relay gateway client; do
		gives "$program" FAULT_CALLS="$2" FAULT_ERRNO="$(number "$1")" FAULT_ONE_IN=5
	done
	works
}
works() { session && test "$reached" = yes; }

for program in relay gateway client; do
	need "all work, and the allocations of $program are counted" counts_allocations "$program"
	for ((round = 0; round < rounds; round++)); do
		nth=$((1 + total * round / rounds))
		gives $program FAULT_ALLOCATION=$nth
		check "$program without its allocation $nth goes on, or ends and says why" session
	done
	heals $program
done
check "all work again" works
for name in $errnos; do
	for way in send receive; do
		check "when one in five calls to $way fails with $name" plays_with "$name" $way
	done
done
lab_finish
