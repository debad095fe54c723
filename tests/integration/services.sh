#!/usr/bin/env bash
# What cmake --install puts on a computer, and systemd's units: they allow each system call that the
# programs make, and little else.
# rows: H2
# Usage: services.sh BIN; the build folder is above it
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v systemd-analyze >/dev/null || lab_skip "needs systemd-analyze: tools/setup --packages test"
project=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:?the folder of the programs is the first argument}/.." && pwd)
lists=$project/src/common/edge/linux/sandbox_lists.h
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
root=$dir/root

members() { # @SET: the system calls in it and in its sets
	local line
	systemd-analyze syscall-filter "$1" | sed '1d; s/^ *//; /^#/d' | while read -r line; do
		case $line in @*) members "$line" ;; *) echo "$line" ;; esac
	done
}
expand() { # WORD...: sets and system calls
	local word
	for word; do
		case $word in @*) members "$word" ;; *) echo "$word" ;; esac
	done | sort -u
}
# The lines of a unit are applied in their order: later ones add or take away.
allowed() { # UNIT
	local line words
	: >"$dir/allowed"
	sed -n 's/^SystemCallFilter=//p' "$1" | while read -r line; do
		read -ra words <<<"${line#\~}"
		expand "${words[@]}" >"$dir/words"
		case $line in
		\~*) comm -23 "$dir/allowed" "$dir/words" ;;
		*) sort -u "$dir/allowed" "$dir/words" ;;
		esac >"$dir/more"
		mv "$dir/more" "$dir/allowed"
	done
	cat "$dir/allowed"
}
# What the programs call while they start and while they run. The C library names some differently.
needed() { # LIST...
	local list
	echo capset seccomp | tr ' ' '\n'
	for list; do sed -n "/^static const int ${list}_calls/,/;/p" "$lists"; done | grep -o 'SYS_[a-z0-9_]*' | sed 's/SYS_//'
}
allows() { # UNIT LIST...
	allowed "$1" >"$dir/has" && needed "${@:2}" | sort -u | comm -13 "$dir/has" - >"$dir/missing" &&
		[ "$(needed "${@:2}" | wc -l)" -gt 10 ] && prints_nothing cat "$dir/missing"
}
refuses() { # UNIT CALL...
	allowed "$1" >"$dir/has" && lacks -x "$(IFS='|'; echo "${*:2}")" "$dir/has"
}
exposed() { # UNIT: systemd's mark, 0.0 to 10.0
	systemd-analyze security --no-pager --offline=true "$1" | sed -nE 's/.*exposure level for .*: ([0-9.]+) .*/\1/p'
}
exposed_at_most() { # MARK UNIT
	local mark
	mark=$(exposed "$2")
	echo "$mark"
	[ -n "$mark" ] && [ "${mark/./}" -le "${1/./}" ]
}
install() { DESTDIR=$root cmake --install "$build" "$@"; }
has() { # FILE...: below the root
	local file
	for file; do [ -s "$root$file" ] || { echo "$file is missing"; return 1; }; done
}
prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
etc=$(sed -n 's,^ExecStart=.* --config \(.*\)/relay\.conf$,\1,p' "$build/systemd/lanparty-relay.service")

need "everything is installed" install
for part in relay gateway client; do
	check "$part: program, manual page, completion" has "$prefix/sbin/lanparty-$part" "$prefix/share/man/man8/lanparty-$part.8" \
		"$prefix/share/bash-completion/completions/lanparty-$part" "$prefix/share/zsh/site-functions/_lanparty-$part"
done
check "services, their user and their configuration" has "$prefix"/lib/systemd/system/lanparty-{relay,gateway}.service \
	"$prefix/lib/sysusers.d/lanparty.conf" "$etc"/{relay,gateway}.conf
echo "# mine" >"$root$etc/relay.conf"
check "it is installed again" install --component relay
check "a configuration that was changed stays" grep -qx '# mine' "$root$etc/relay.conf"

for part in relay gateway; do
	unit=$root$prefix/lib/systemd/system/lanparty-$part.service
	lists_of=(keyholder loop)
	[ $part = relay ] || lists_of+=(member)
	check "$part: its unit allows what it calls" allows "$unit" "${lists_of[@]}"
	check "$part: and not what would hand the computer over" refuses "$unit" mount reboot ptrace init_module bpf setuid setpriority
done
check "systemd's mark for the relay" exposed_at_most 1.5 "$root$prefix/lib/systemd/system/lanparty-relay.service"
check "and for the gateway" exposed_at_most 2.5 "$root$prefix/lib/systemd/system/lanparty-gateway.service"
lab_finish
