#!/usr/bin/env bash
# What the programs can still do once they run: user, capabilities, system calls, core dumps; and what the
# relay says of its certificate, key and ports.
# rows: P1 P2 S5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open rights "$1"
new_code

# Programs that were built with a sanitizer have no list of system calls (SECURITY.md).
sanitized() { grep -qa __asan_init "$bin/lanparty-relay" || grep -qa __tsan_init "$bin/lanparty-relay"; }
sanitized && filter=0 || filter=2
field() { awk -v f="$2:" '$1 == f { print $2 }' "/proc/$1/status"; } # PID NAME
is() { # PID NAME VALUE
	[ "$(field "$1" "$2")" = "$3" ] || { grep "$2" "/proc/$1/status"; return 1; }
}
without_rights() { # PID UID CAPABILITIES
	is "$1" Uid "$2" && is "$1" CapEff "$3" && is "$1" CapPrm "$3" && is "$1" NoNewPrivs 1 &&
		is "$1" Seccomp "$filter" && grep -q 'Max core file size *0 *0' "/proc/$1/limits" && is_not_dumpable "$1"
}
# The kernel gives the files of a process that is not dumpable to root (proc(5)).
is_not_dumpable() { [ "$filter" = 0 ] || [ "$(stat -c %u "/proc/$1/mem")" = 0 ]; }
none=0000000000000000 net_admin=0000000000001000 read_search=0000000000000004
threads() { # PID COMMAND...: for each of its threads
	local t
	for t in "/proc/$1/task/"*; do "${@:2}" "${t##*/}" || return 1; done
}
child_of() { pgrep -P "$1" | head -n 1; }
remembers() { # PID TEXT: it stands in the process's memory
	/usr/bin/python3 - "$1" "$2" <<-'END'
		import sys
		pid, text = sys.argv[1], sys.argv[2].encode()
		found = False
		memory = open(f"/proc/{pid}/mem", "rb", 0)
		for line in open(f"/proc/{pid}/maps"):
		    span, access = line.split()[:2]
		    first, end = (int(x, 16) for x in span.split("-"))
		    if "r" not in access or "[v" in line:
		        continue
		    try:
		        memory.seek(first)
		        found = found or text in memory.read(end - first)
		    except OSError:
		        pass
		sys.exit(0 if found else 1)
	END
}

# ---- the relay
need "the relay starts as root" relay --workers 2
relay=${pid[relay]}
without_rights_of_nobody() { without_rights "$1" 65534 "$none"; }
check "each of its threads runs as nobody, without capabilities" threads "$relay" without_rights_of_nobody
check "the relay says that it gave its rights up" said relay 'event=rights_dropped user=nobody'
keys=$(child_of "$relay")
check "a child can still read files, and nothing else" without_rights "$keys" 65534 "$read_search"
secret=$(sed -n 2p "$dir/relay.key")
check "the relay knows its key" remembers "$relay" "$secret"
check "its child does not" not remembers "$keys" "$secret"
check "only root can read the key file" test "$(stat -c '%a %u' "$dir/relay.key")" = '600 0'
rm "$dir/relay.key" "$dir/relay.crt"
pin=$("$bin/lanparty-relay" new-cert --cert "$dir/relay.crt" --key "$dir/relay.key")
kill -s HUP "$relay"
check "P2 SIGHUP still reads it" soon 5 said relay "pin=$pin"
members=(gateway player1)
for name in "${members[@]}"; do start "manager-$name" "$name" /usr/bin/python3 "$probe" manager "$dir/notify-$name"; done
declare -A ready_at ended_at # or a little earlier, in microseconds
served() { # NAME COMMAND...: with a service manager
	ready_at[$1]=$(now)
	soon 5 test -S "$dir/notify-$1" && NOTIFY_SOCKET="$dir/notify-$1" WATCHDOG_USEC=2000000 "${@:2}"
}
ends_now() { stop "$1"; ended_at[$1]=$(now); } # NAME
need "a gateway joins" served gateway gateway gateway --lan lan
need "a player joins" served player1 client player1 player1
check "the gateway runs as nobody, without capabilities" without_rights "${pid[gateway]}" 65534 "$none"
offloads=$(child_of "${pid[gateway]}")
check "its child keeps the right to restore the interface" without_rights "$offloads" 65534 "$net_admin"
check "and does not know the room" not remembers "$offloads" "$code"
check "the client runs as nobody, and keeps the right to set up its interface" \
	without_rights "${pid[player1]}" 65534 "$net_admin"
need "a player joins with --dhcp" client player2 player2 --dhcp
check "so does one with --dhcp" without_rights "${pid[player2]}" 65534 "$net_admin"
check "its child stays root, to run the DHCP client" is "$(child_of "${pid[player2]}")" Uid 0
check "and does not know the room" not remembers "$(child_of "${pid[player2]}")" "$code"
stop player2
check "the client says so" said player1 'event=rights_dropped user=nobody'
check "the gateway says so, too" said gateway 'event=rights_dropped user=nobody'
mv "$dir/relay.key" "$dir/relay.kept"
kill -s HUP "$relay"
check "a key that is gone: the old certificate stays" soon 5 said relay 'event=certificate_unreadable .*the key is not there'
check "and nobody is advised to make another one" not said relay 'new-cert'
mv "$dir/relay.kept" "$dir/relay.key"
mv "$dir/relay.crt" "$dir/crt.kept" && mv "$dir/relay.key" "$dir/key.kept"
kill -s HUP "$relay"
check "nor when both are gone" soon 5 said relay 'event=certificate_unreadable .*the certificate is not there'
check "the advice is not a new one" not said relay 'new-cert'
mv "$dir/crt.kept" "$dir/relay.crt" && mv "$dir/key.kept" "$dir/relay.key"
ends_no_child() { not said relay 'event=keyholder_ended' && not said gateway 'event=offload_not_restored'; }
kill -s ABRT "$keys" "$offloads"
check "a service manager's abort leaves no memory of a child in a file: they ignore it" stays 1 ends_no_child
provoked='keyholder_ended hint="the process that reads the certificate .* has ended|offload_not_restored reason="the process that was to do so has ended'
kill -s KILL "$keys" "$offloads"
check "the relay misses its child" soon 5 said relay 'event=keyholder_ended .*restart the relay'
check "so does the gateway" soon 5 said gateway 'event=offload_not_restored .*ethtool -K'
kill -s HUP "$relay"
check "without its child the relay keeps its certificate" soon 5 said_times relay 'event=reload kept=previous_certificate' 3
check "and runs on" runs relay
check "player 1 has an address" room_has player1 91
check "and reaches the LAN through relay and gateway, without their children" soon 5 reaches player1 $console_ip
kill -s ALRM "$relay"
check "a good certificate is no reason to warn" stays 2 lacks 'event=certificate_exp|event=certificate_early' "$dir/relay.err"
stop relay
check "the relay ends well" test $status = 0
need "it starts again" relay --user daemon
keys=$(child_of "${pid[relay]}")
check "--user: it runs as that user" without_rights "${pid[relay]}" "$(id -u daemon)" $none
stop relay KILL
check "the child ends with it" soon 5 is_gone "$keys"
check "--user: the gateway's" ends_with 64 'there is no user nosuch' vps "$bin/lanparty-gateway" --lan lan --user nosuch
check "--user: the client's" ends_with 64 'there is no user nosuch' vps "$bin/lanparty-client" --user nosuch
check "--user: root is no other user" ends_with 64 'root has the rights of root, which this program must give up: name another user' vps "$bin/lanparty-relay" --user root
check "--user: nobody of that name" ends_with 64 'there is no user nosuch' vps "$bin/lanparty-relay" --user nosuch
cp "$bin/lanparty-relay" "$dir/"
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
check "--user: only root can become another" ends_with 64 'only root can become daemon' vps "${nobody[@]}" "$dir/lanparty-relay" --user daemon --listen 4444
start relay vps "${nobody[@]}" "$dir/lanparty-relay" --listen 4444
check "P1 --listen PORT" ready relay '^listening on \[::\]:4444/udp$'
check "without root there are no rights either" without_rights "${pid[relay]}" 65534 "$none"
stop relay

# ---- certificate and key
with() { # SENTENCE CERT KEY [COMMAND...]: the relay does not start
	ends_with 66 "$1" vps "${@:4}" "$dir/lanparty-relay" --listen 4444 --cert "$dir/$2" --key "$dir/$3"
	local got=$?
	! grep -q new-cert "$dir/ends.err" || { echo "advises a new certificate"; return 1; }
	return "$got"
}
check "no rights for the key" with 'relay.key reason="Permission denied" hint="the relay must be able to read it' relay.crt relay.key "${nobody[@]}"
check "the key is missing" with 'the key is not there: name the right file with --key' relay.crt none
check "the certificate is missing" with 'the certificate is not there: name the right file with --cert' none relay.key
check "a folder instead of a key" with 'it is a folder' relay.crt .
check "the two are swapped" with 'it holds a private key, not a certificate' relay.key relay.crt
check "the key is no key" with 'it holds a certificate, not its private key' relay.crt relay.crt
openssl pkey -in "$dir/relay.key" -aes256 -passout pass:secret -out "$dir/locked.key"
check "the key is encrypted" with 'encrypted with a password' relay.crt locked.key
openssl pkey -in "$dir/relay.key" -outform der -out "$dir/der.key"
check "the key is DER" with 'it is DER, not PEM' relay.crt der.key
"$bin/lanparty-relay" new-cert --cert "$dir/other.crt" --key "$dir/other.key" >/dev/null
check "the key of another certificate" with 'does not belong to the certificate.*made together' relay.crt other.key
chmod 644 "$dir/relay.key"
need "a key that all can read" relay
check "a key that all can read is warned of" said relay 'level=warning event=key_open_to_all .*relay.key mode=0644'
stop relay
chmod 600 "$dir/relay.key"
openssl req -x509 -key "$dir/relay.key" -subj /CN=relay -days 10 -out "$dir/relay.crt" 2>/dev/null
pin=sha256:$(openssl x509 -in "$dir/relay.crt" -outform der | sha256sum | cut -d ' ' -f 1)
start manager vps /usr/bin/python3 -c "import socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind('$dir/notify'); time.sleep(60)"
soon 5 test -S "$dir/notify"
NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=30000000 need "a certificate of ten days, under a service manager" relay
check "is warned of at start" said relay 'event=certificate_expires_soon .*days=(9|10) '
kill -s HUP "${pid[relay]}"
check "a certificate that expires soon is warned of at SIGHUP" soon 5 said_times relay 'event=certificate_expires_soon' 2
kill -s ALRM "${pid[relay]}"
check "and by an alarm, also while a manager wants one every 15 s" soon 5 said_times relay 'event=certificate_expires_soon' 3
stop manager
stop relay

# ---- ports and limits
start busy vps /usr/bin/python3 "$probe" serve 443
ready busy serving
check "the port is taken" ends_with 69 '0.0.0.0:443 error="Address already in use" hint="another program has this UDP port' vps "$bin/lanparty-relay" --listen 0.0.0.0:443
stop busy
check "no rights for the port" ends_with 77 'ports below 1024 need root or CAP_NET_BIND_SERVICE.*choose a port from 1024 on' vps "${nobody[@]}" "$dir/lanparty-relay" --listen 443
start relay vps sh -c 'ulimit -n 10; exec "$@"' sh "$dir/lanparty-relay" --listen 4444 --workers 4
check "too few open files" soon 5 said relay 'event=few_descriptors .*raise it \(ulimit -n'
stop relay

# ---- how errors look
sentence() { # TEXT COMMAND...: on a terminal
	script -qec "${*:2}" /dev/null </dev/null >"$dir/typed" 2>&1
	cat "$dir/typed"
	grep -q "$1" "$dir/typed" && ! grep -q 'level=error' "$dir/typed"
}
check "on a terminal an error is a sentence" sentence '^lanparty-relay: there is no option --nosuch' "$bin/lanparty-relay" --nosuch
check "also one of the log" sentence '^lanparty-relay: certificate missing (file /none): No such file' "$bin/lanparty-relay" --cert /none --key /none
check "elsewhere it is a line of the log" ends_with 64 'level=error event=wrong_options reason="there is no option --nosuch' vps "$bin/lanparty-relay" --nosuch
check "elsewhere it is JSON when that is wanted" ends_with 64 '"event":"wrong_options","reason":"there is no option --nosuch' vps "$bin/lanparty-relay" --nosuch --log-format json
check "also by the environment" ends_with 64 '"event":"wrong_options"' vps env LANPARTY_LOG_FORMAT=json "$bin/lanparty-client" --nosuch
check "an unknown variable is named" ends_with 66 'event=environment_unknown names=LANPARTY_MAX_CLIENT ' vps env LANPARTY_MAX_CLIENT=7 "$bin/lanparty-relay" --cert /none --key /none
ends_now player1

# ---- service managers: they hear of programs that have given their rights up
# The manager ends a program that is silent for two seconds (sd_watchdog_enabled(3)).
beats() { # NAME
	local seconds count
	seconds=$(((ended_at[$1] - ready_at[$1]) / 1000000)) count=$(times "manager-$1" '^WATCHDOG=1$')
	echo "$count in $seconds s"
	[ "$count" -ge $((seconds / 2)) ] && [ "$count" -ge 3 ] && [ "$count" -le $((seconds + 2)) ]
}
for name in "${members[@]}"; do
	[ "$name" = player1 ] || ends_now "$name"
	check "the service manager of $name heard that it was ready, once" test "$(times "manager-$name" '^READY=1$')" = 1
	check "and that it is in the room" said "manager-$name" '^STATUS=In the room$'
	check "and that it ran, at least as often as it must and at most each second" beats "$name"
	check "and that it ended" soon 5 said "manager-$name" '^STOPPING=1$'
done
lab_finish
