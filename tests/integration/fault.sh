#!/usr/bin/env bash
# An allocation fails, once; sending or receiving fails again and again. No program crashes or hangs: it goes on, or
# ends and says why. LANPARTY_ROUNDS (5) allocations per program, spread over its run;
# LANPARTY_ERRNOS: those that calls fail with.
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${LANPARTY_ROUNDS:-5}
errnos=${LANPARTY_ERRNOS:-EINTR ENOBUFS EPERM ENETUNREACH}
lab_open fault "$1"
# The children lack memory, too.
provoked='keyholder_ended hint="the process that reads the certificate .* has ended|offload_not_restored reason="the process that was to do so has ended|offload_not_restored hint="look at the interface'
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
gives() { # PROGRAM NAME=VALUE...
	rm -f "$dir/$1.report"
	echo "export LD_PRELOAD='$fault' FAULT_REPORT='$dir/$1.report' ${*:2}" >"$dir/$1.fault"
}
failed() { grep -q '^failed' "$dir/$1.report"; }                             # PROGRAM: its fault has happened
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
# It ended because it was told to, or by itself with an error that says why at its end.
ended_well() { # NAME
	echo "$1 ended with $status"
	[ "$status" -lt 128 ] || return 1
	[ "$status" = 0 ] || tail -qn 3 "$dir/$1.out" "$dir/$1.err" | grep -E 'error|cannot|failed|memory'
}
# Starts the programs in turn; those behind one that has ended are left out. The player pings the console, who
# answers (reached) unless a program has ended by itself.
reached=no
session() {
	local program good=0 ended=no
	reached=no
	for program in relay gateway client; do
		starts "$program" || break
	done
	[ "$program" = client ] && said player1 "^joined " && soon 10 reaches player1 -W 1 "$console_ip" && reached=yes
	for program in client gateway relay; do
		[ -n "${pid[$(name_of "$program")]-}" ] || continue
		runs "$(name_of "$program")" || ended=yes
		stop "$(name_of "$program")"
		ended_well "$(name_of "$program")" || good=1
		unset "pid[$(name_of "$program")]"
	done
	[ "$reached" = yes ] || [ "$ended" = yes ] || { echo "all run, and the console is not reached"; return 1; }
	return "$good"
}
# In a session: of all programs. The number differs a little each time; the smallest is reached in most sessions.
declare -A total=()
counts_allocations() {
	local program counted
	for program in relay gateway client; do gives "$program"; done
	works || return
	for program in relay gateway client; do
		heals "$program"
		counted=$(sed -n 's/^allocations //p' "$dir/$program.report" | sort -n | tail -n 1)
		echo "$program: $counted"
		[ "$counted" -gt 100 ] || return
		[ "${total[$program]-$counted}" -lt "$counted" ] || total[$program]=$counted
	done
}
survives() { session && failed "$1"; } # PROGRAM
plays_with() { # ERRNO send|receive
	local program
	for program in relay gateway client; do
		gives "$program" FAULT_CALLS="$2" FAULT_ERRNO="$(number "$1")" FAULT_ONE_IN=5
	done
	works && failed relay && failed gateway && failed client
}
works() { session && test "$reached" = yes; }

need "all work, and their allocations are counted" counts_allocations
need "all work a second time, and their allocations are counted" counts_allocations
for program in relay gateway client; do
	for ((round = 0; round < rounds; round++)); do
		nth=$((1 + total[$program] * round / rounds))
		gives $program FAULT_ALLOCATION=$nth
		check "$program without its allocation $nth goes on, or ends and says why" survives "$program"
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
