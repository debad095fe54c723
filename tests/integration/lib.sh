# shellcheck shell=bash disable=SC2034 # what the scripts use
# lib.sh - a LAN, an internet and two players in network namespaces; for tests/integration and
# tools/demo. Nothing in it reaches this machine's own network.
#
#   player1 198.51.100.10 --+                         +-- router  192.168.77.1, DHCP .100 to .150
#   player2 192.0.2.10 -----+-- internet    switch ---+-- console 192.168.77.20
#   vps     203.0.113.5 ----+       |         |       +-- game    192.168.77.30
#                                gateway -----+
#                         100.64.0.10    192.168.77.2
#
# Outside, IPv6 is 2001:db8:N::10 (vps: 2001:db8:5::5); inside, fd77::N with the N of the IPv4 address.
# A place's interface is "wan" toward the internet and "lan" toward the switch; the gateway has both.
#
# A test: lab_open NAME BIN; need or check TITLE COMMAND...; lab_finish.

temporary=${TMPDIR:-/tmp}
lab='' dir='' bin='' # the namespaces' prefix, our files, the programs' folder
code='' pin=''       # of the room, of the relay
declare -A pid=()    # of what start has started
status=0             # exit status of what stop has stopped
refused=''           # programs that made a system call which is not on their list
provoked=''          # of the lines that note_trouble keeps: REGEX of those that the test causes itself
passed=0 failed=0
tun=lp0
relay_ip=203.0.113.5 console_ip=192.168.77.20 game_ip=192.168.77.30 router_ip=192.168.77.1
places=(internet vps player1 player2 gateway switch router console game)
export LANPARTY_SANDBOX=${LANPARTY_SANDBOX-kill} # a system call that is missing from a list ends its program
probe="$(dirname "${BASH_SOURCE[0]}")/probe.py"

# ---- places

at() { RUNTIME_DIRECTORY=$dir/run/$1 ip netns exec "$lab-$1" "${@:2}"; } # each place has its control sockets

link() { # PLACE INTERFACE PLACE INTERFACE: a cable
	ip link add "$2" netns "$lab-$1" type veth peer name "$4" netns "$lab-$3"
	ip -n "$lab-$1" link set "$2" up
	ip -n "$lab-$3" link set "$4" up
}

address() { # PLACE INTERFACE ADDRESS/PREFIX...
	local a
	for a in "${@:3}"; do ip -n "$lab-$1" address add "$a" dev "$2"; done
}

wan() { # PLACE PREFIX4 PREFIX6 LAST: PLACE is PREFIX.LAST, the internet's end is PREFIX.1
	link "$1" wan internet "$1"
	address internet "$1" "$2.1/24" "$3::1/64"
	address "$1" wan "$2.$4/24" "$3::$4/64"
	ip -n "$lab-$1" route add default via "$2.1"
	ip -n "$lab-$1" route add default via "$3::1"
}

lan() { # PLACE LAST [INTERFACE]
	link "$1" lan switch "$1"
	ip -n "$lab-switch" link set "$1" master lan0
	[ "$2" = 0 ] || address "$1" "${3-lan}" "192.168.77.$2/24" "fd77::$2/64"
}

lab_skip() { echo "$*"; exit 77; }

lab_open() { # NAME BIN
	bin=$(cd "${2:?the folder of the programs is the first argument}" && pwd) || exit 1
	lab_begin "$1"
	lab_make
}

# From here on everything is removed when the script ends, for whatever reason.
lab_begin() { # NAME
	[ "$(id -u)" = 0 ] || lab_skip "needs root, for network namespaces"
	lab=lp-$1-$$ dir=$temporary/lp-$1-$$
	export STATE_DIRECTORY=$dir/state RUNTIME_DIRECTORY=$dir/run # of programs without one of their own
	export LP_LAB=$lab # marks all that is started from here, so that lab_close finds it
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	trap lab_close EXIT
	mkdir -m 755 "$dir" || exit 1
	mkdir "$dir/state" "$dir/run"
	: >"$dir/trouble"
}

lab_make() {
	local place
	[ -c /dev/net/tun ] || lab_skip "needs /dev/net/tun: modprobe tun"
	for place in "${places[@]}"; do
		ip netns add "$lab-$place" || lab_skip "cannot make network namespaces here"
		mkdir "$dir/run/$place"
		ip -n "$lab-$place" link set lo up
		at "$place" sysctl -qw net.ipv6.conf.default.accept_dad=0 # addresses are there at once
		mkdir -p "/etc/netns/$lab-$place"
		echo "nameserver 198.51.100.53" >"/etc/netns/$lab-$place/resolv.conf" # of that place alone
	done
	at internet sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	wan vps 203.0.113 2001:db8:5 5
	wan player1 198.51.100 2001:db8:1 10
	address internet player1 198.51.100.53/32 # says at once that there is no name server
	wan player2 192.0.2 2001:db8:2 10
	wan gateway 100.64.0 2001:db8:3 10
	ip -n "$lab-switch" link add lan0 up type bridge forward_delay 0
	lan router 1
	lan console 20
	lan game 30
	lan gateway 2
	start dhcp router dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=lan \
		--bind-interfaces --dhcp-authoritative --no-ping --user=root --log-dhcp --log-facility=- \
		--pid-file="$dir/dhcp.pid" --dhcp-leasefile="$dir/leases" \
		--dhcp-range=192.168.77.100,192.168.77.150,1h \
		--dhcp-option=option:router,$router_ip --dhcp-option=option:dns-server,$router_ip
	ready dhcp 'IP range' || { echo "dnsmasq does not start:"; cat "$dir/dhcp.err"; exit 1; }
}

# The gateway's LAN interface as a port of a bridge br0 that has its address: for --bridge.
lab_bridge() {
	ip -n "$lab-gateway" address flush dev lan
	ip -n "$lab-gateway" link add br0 up type bridge forward_delay 0
	ip -n "$lab-gateway" link set lan master br0
	address gateway br0 192.168.77.2/24 fd77::2/64
}

# Processes in a lab's namespaces, or started from them.
lab_pids() { # LAB
	local place
	for place in $(lab_places "$1"); do ip netns pids "$place"; done 2>/dev/null
	grep -lzx "LP_LAB=$1" /proc/[0-9]*/environ 2>/dev/null | sed 's,/proc/\([0-9]*\)/.*,\1,'
}
lab_places() { ip netns list | sed -n "s/^\($1-[a-z0-9]*\).*/\1/p"; } # LAB
# Except this script; and the searching tools must not find themselves.
lab_others() (export -n LP_LAB; lab_pids "$1" | sort -nu | grep -vx -e $$)

# Ends and removes everything of a lab, whatever its state.
lab_remove() { # LAB
	local round p place
	[ -n "${1-}" ] || return 0 # or it would remove all of /tmp
	for round in TERM TERM KILL KILL; do
		for p in $(lab_others "$1"); do kill -s "$round" "$p" 2>/dev/null; done
		soon 2 lab_is_still "$1" && break
	done
	for place in $(lab_places "$1"); do ip netns delete "$place"; done
	wine_forget "$temporary/$1/wine"
	rm -rf "/etc/netns/$1"-* "${temporary:?}/$1"
	rmdir /etc/netns 2>/dev/null || true
}
lab_is_still() { [ -z "$(lab_others "$1")" ]; }

# Wine in a prefix of its own. Debian's keeps the sockets of its server in a folder below /run/user or
# /tmp, which the prefix names, and leaves it. With TMPDIR set, Debian 13's Wine aborts: it frees
# what getenv returned.
wine_use() { # PREFIX
	unset TMPDIR
	export WINEPREFIX=$1 WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
}
wine_forget() { # PREFIX
	local name
	name=$(cat "$1/wineserver" 2>/dev/null) || return 0
	[[ $name != wine-?????? ]] || rm -rf "/tmp/$name"
}

lab_close() {
	local result=$?
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$lab" ] || lab_remove "$lab" 2>/dev/null
	exit $result
}

# Gives a place another outer address, as after a change of networks.
moves() { # PLACE ADDRESS ROUTER
	ip -n "$lab-$1" address flush dev wan
	address "$1" wan "$2/24"
	ip -n "$lab-$1" route add default via "$3"
}

# ---- waiting and looking

now() { echo "${EPOCHREALTIME/./}"; } # in microseconds
soon() { # SECONDS COMMAND...: until it succeeds
	local end=$(($(now) + $1 * 1000000))
	shift
	until "$@"; do
		[ "$(now)" -lt "$end" ] || return 1
		sleep 0.1
	done
}
# A command that could not run, or was killed, has not failed as expected.
not() {
	local got
	"$@"
	got=$?
	[ $got != 0 ] && [ $got -lt 126 ]
}
# The files are there, and no line fits: [OPTION...] REGEX FILE...
lacks() {
	grep -qE "$@"
	[ $? = 1 ]
}
prints_nothing() { # COMMAND...: it succeeds, and prints nothing
	local printed
	printed=$("$@") || return 1
	[ -z "$printed" ] || { echo "$printed"; return 1; }
}
# SECONDS COMMAND...: the command succeeds for that long
stays() { ! soon "$1" not "${@:2}"; }
said() { grep -qEe "$2" "$dir/$1.out" "$dir/$1.err" 2>/dev/null; }          # NAME REGEX
told() { cat "$dir/$1.out" "$dir/$1.err" | grep -Ee "$2" | tail -n 1; }      # NAME REGEX: the last such line
ms_of() { date -d "$(sed 's/^ts=\([^ ]*\).*/\1/' <<<"$1")" +%s%3N; }        # LINE of a log: its time in milliseconds
told_at() { ms_of "$(told "$1" "$2")"; }                                    # NAME REGEX
drops() { grep -c "drop=$1" "$dir/relay.err"; }                             # REASON: frames; the relay logs each
dropped() { echo "$1: $(drops "$1")"; [ "$(drops "$1")" -ge "$2" ]; }       # REASON LEAST
times() { cat "$dir/$1.out" "$dir/$1.err" | grep -cEe "$2"; }                # NAME REGEX
ready() { soon 15 said "$@"; } # NAME REGEX: a program of ours has started; how long that takes on a busy computer proves nothing
said_times() { [ "$(times "$1" "$2")" -ge "$3" ]; }                         # NAME REGEX COUNT
reaches() { at "$1" ping -c 1 -W 2 "${@:2}"; }                              # PLACE [OPTION...] ADDRESS
has_tun() { ip -n "$lab-$1" link show "${2-$tun}" >/dev/null 2>&1; }         # PLACE [TAP]
mac_of() { ip -n "$lab-$1" -br link show "$2" | awk '{print $3}'; }         # PLACE INTERFACE
ip_of() { ip -n "$lab-$1" -4 -br address show "$2" | awk '{sub("/.*", "", $3); print $3}'; }
link_local() { ip -n "$lab-$1" -6 -o address show dev "$2" scope link | awk '{sub("/.*", "", $4); print $4; exit}'; }
run_probe() { at "$1" /usr/bin/python3 "$probe" "${@:2}"; }                  # PLACE WORD...
# True if a broadcast or multicast from one place arrives at another.
heard() { # FROM TO ADDRESS [INTERFACE that FROM sends through]
	local group=()
	case $3 in 224.*) group=("$3" "$(inner "$2")") ;; esac
	start hear "$2" /usr/bin/python3 "$probe" hear 5353 "${group[@]}"
	ready hear listening || return
	run_probe "$1" shout "$3" 5353 "hello from $1 to $3" ${4:+"$4"}
	soon 5 said hear "heard from .*hello from $1"
	set -- $?
	stop hear
	return "$1"
}
inner() { case $1 in player*) echo "$tun" ;; *) echo lan ;; esac; } # PLACE: its interface in the LAN

# ---- programs

# Lines that no program may log, unless a test provokes them: a call that its list lacks, a child that is gone.
note_trouble() { # NAME: reads the log of its last run
	grep -sE 'event(=|":")(system_call_refused|keyholder_ended|offload_not_restored)' "$dir/$1.err" |
		grep -vE "${provoked:-^$}" >>"$dir/trouble"
}
start() { # NAME PLACE COMMAND...: in the background, NAME.out and NAME.err in $dir, input=FILE
	note_trouble "$1"
	rm -f "$dir/$1.out" "$dir/$1.err" # at once, so that nobody reads the output of the last program
	RUNTIME_DIRECTORY=$dir/run/$2 ip netns exec "$lab-$2" env --default-signal=HUP "${@:3}" >"$dir/$1.out" 2>"$dir/$1.err" <"${input-/dev/null}" &
	pid[$1]=$!
}
stop() { # NAME [SIGNAL]: sets status
	local end=$((SECONDS + 10))
	kill -s "${2-TERM}" "${pid[$1]}" 2>/dev/null
	while runs "$1" && [ $SECONDS -lt $end ]; do sleep 0.05; done
	runs "$1" && kill -s KILL "${pid[$1]}"
	wait "${pid[$1]}"
	status=$?
	[ "$status" != 159 ] || refused+=" $1" # SIGSYS
} 2>/dev/null # bash reports each killed process
runs() { kill -0 "${pid[$1]}" 2>/dev/null; }
is_gone() { ! grep -qs '^State:[[:space:]]*[^Z[:space:]]' "/proc/$1/status"; } # PID; nobody can have collected its status yet
ends_with() { # STATUS SENTENCE PLACE COMMAND...: ends by itself, saying why in one sentence
	local got
	RUNTIME_DIRECTORY=$dir/run/$3 timeout 15 ip netns exec "$lab-$3" "${@:4}" >"$dir/ends.out" 2>"$dir/ends.err" </dev/null
	got=$?
	cat "$dir/ends.out" "$dir/ends.err"
	[ $got = "$1" ] || { echo "exit status $got instead of $1"; return 1; }
	grep -qiEe "$2" "$dir/ends.out" "$dir/ends.err" || { echo "does not say: $2"; return 1; }
}

# The relay, with a certificate that stays the same.
relay() { # [OPTION...]
	[ -n "$pin" ] || pin=$("$bin/lanparty-relay" new-cert --cert "$dir/relay.crt" --key "$dir/relay.key") || return 1
	start relay vps env STATE_DIRECTORY="$dir/state-relay" "$bin/lanparty-relay" --cert "$dir/relay.crt" --key "$dir/relay.key" "$@"
	ready relay '^listening on |"listening"'
}
new_code() { code=$("$bin/lanparty-client" new-room) || { echo "no room code"; exit 1; }; }
# Members, by the NAME of their log; they have joined when this returns.
gateway() { # NAME (--lan INTERFACE | --bridge BRIDGE) [OPTION...]
	(umask 077 && echo "$code" >"$dir/room")
	mkdir -p "$dir/state-gateway"
	start "$1" gateway env STATE_DIRECTORY="$dir/state-gateway" "$bin/lanparty-gateway" --relay $relay_ip --relay-pin "$pin" --room-file "$dir/room" "${@:2}"
	joined "$1"
}
client() { # NAME PLACE [OPTION...]
	mkdir -p "$dir/state-$2" # per computer; it holds the MAC
	start "$1" "$2" env STATE_DIRECTORY="$dir/state-$2" "$bin/lanparty-client" --tap "$tun" "${@:3}" "lanparty://$relay_ip/$code?pin=$pin"
	joined "$1"
}
joined() { soon 10 said "$1" '^joined |"joined"'; }
# The time from the start of a program to its last join, by two logs.
joined_within() { # MILLISECONDS NAME
	local ms
	ms=$(($(told_at relay 'event=peer_(joined|resumed)') - $(told_at "$2" 'event=rights_dropped')))
	echo "$ms ms"
	[ "$ms" -ge 0 ] && [ "$ms" -lt "$1" ]
}
room_has() { # PLACE LAST [TAP]: a member with a fixed address inside
	ip -n "$lab-$1" link set "${3-$tun}" up
	address "$1" "${3-$tun}" "192.168.77.$2/24" "fd77::$2/64"
}

# ---- tests

check() { # TITLE COMMAND...
	if "${@:2}" >"$dir/check.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok    $1"
	else
		failed=$((failed + 1))
		echo "FAIL  $1   (${*:2})"
		tail -n 20 "$dir/check.log" | sed 's/^/      | /'
	fi
}

# Says what this machine cannot check; tools/check shows and counts it.
left_out() { echo "SKIP  $1 ($2)"; } # TITLE REASON

# A check without which the rest is pointless.
need() { # TITLE COMMAND...
	local before=$failed
	check "$@"
	[ "$failed" = "$before" ] || lab_finish
}

# Ends the programs, checks that they left nothing behind, and ends the script. Without a lab it only counts.
lab_finish() {
	local name place file
	[ -n "$lab" ] || { echo "$passed held, $failed did not"; [ $failed = 0 ]; exit; }
	for name in "${!pid[@]}"; do [ "$name" = dhcp ] || stop "$name"; done
	for name in "${!pid[@]}"; do note_trouble "$name"; done
	check "no program was refused a system call" test -z "$refused"
	check "no program logged that, or that its child is gone" prints_nothing cat "$dir/trouble"
	for place in player1 player2 gateway; do
		check "no interface is left at $place" prints_nothing ip -n "$lab-$place" -o link show type tun
	done
	if [ $failed != 0 ]; then
		for file in "$dir"/*.out "$dir"/*.err; do
			[ ! -s "$file" ] || { echo "---- ${file##*/}"; tail -n 40 "$file"; }
		done
	fi
	trap '' INT TERM HUP
	lab_remove "$lab"
	trap - EXIT
	if [ -n "$(lab_places "$lab")" ] || ! lab_is_still "$lab" || [ -e "$dir" ]; then
		failed=$((failed + 1))
		echo "FAIL  something is left: $(lab_places "$lab") $(lab_others "$lab")"
	fi
	echo "$passed held, $failed did not"
	[ $failed = 0 ]
	exit
}
