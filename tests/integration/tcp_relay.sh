#!/usr/bin/env bash
# The relay's TCP port: members whose UDP payloads come over it, browsers, and strangers in bad faith.
# rows: W2 N6 P1 P2
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open tcprelay "$1"
new_code

https="$(dirname "${BASH_SOURCE[0]}")/https.py"
from() { at "$1" /usr/bin/python3 "$https" "${@:2}"; } # PLACE WORD...
# What speaks UDP to 127.0.0.1:443 at a place reaches the relay over TCP.
bridge() { start "over_$1" "$1" "$bin/../tests/over_tcp" 127.0.0.1:443 "$relay_ip:443" && ready "over_$1" '^ready'; } # PLACE
plays() { # NAME PLACE TAP RELAY CODE: a client
	mkdir -p "$dir/state-$1"
	start "$1" "$2" env STATE_DIRECTORY="$dir/state-$1" "$bin/lanparty-client" --tap "$3" --address none "lanparty://$4/$5?pin=$pin"
	joined "$1"
}
serves() { # [OPTION...]
	relay --log-level debug "$@" && sed '/-----/d' "$dir/relay.crt" | base64 -d >"$dir/relay.der"
}
witness() { start "$1" "$2" "$bin/../tests/witness" "$3:443" "$dir/relay.der" "${@:4}"; } # NAME PLACE RELAY WORD...
ended() { ! runs "$1"; }
figure() { grep -oE "\"$2\":[0-9.]+" "$dir/$1.out" | cut -d: -f2; }                       # NAME KEY: of a JSON object
below() { echo "$1, below $2"; awk -v a="$1" -v b="$2" 'BEGIN { exit !(a != "" && a < b) }'; }
most() { echo "$1, at most $2"; [ "$1" -le "$2" ]; }
least() { echo "$1, at least $2"; [ "$1" -ge "$2" ]; }
kib() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/${pid[relay]}/status"; }
files() { find "/proc/${pid[relay]}/fd" -mindepth 1 | wc -l; }
total() { told relay 'event=tcp ' | grep -oE "$1=[0-9]+" | cut -d= -f2; }                  # KEY: of all that the relay did
joins() { # NAME PLACE RELAY MILLISECONDS: a room of its own
	witness "$1" "$2" "$3" join "a-room-of-$1"
	soon 8 ended "$1"
	below "$(figure "$1" join_ms)" "$4"
}

# ---- the port
need "the relay starts" serves --workers 1
check "P1 it listens at TCP, too" said relay '^listening on \[::\]:443/tcp$'
udp_first() { [ "$(sed -n 's,.*/,,p' "$dir/relay.out" | tr '\n' ' ')" = "udp tcp " ]; }
check "P1 it says so after UDP" udp_first

# ---- browsers
answers() { # REGEX TEXT: to a request
	from player1 status "$relay_ip" 443 "$2" >"$dir/answer"
	tr -d '\r' <"$dir/answer" | tee "$dir/answer.txt"
	grep -qE "$1" "$dir/answer.txt"
}
check "W2 a browser gets a page" answers '^HTTP/1.1 200 ' 'GET / HTTP/1.1\r\nHost: relay.test\r\n\r\n'
check "W2 which says what this is" grep -q 'lanparty relay' "$dir/answer.txt"
check "W2 and loads nothing" grep -q "^Content-Security-Policy: default-src 'none'" "$dir/answer.txt"
check "W2 and names no room" lacks "${code%%-*}" "$dir/answer.txt"
check "another page is not there" answers '^HTTP/1.1 404 ' 'GET /rooms HTTP/1.1\r\nHost: relay.test\r\n\r\n'
check "nothing can be posted" answers '^HTTP/1.1 405 ' 'POST / HTTP/1.1\r\nHost: relay.test\r\n\r\n'
check "an old browser is told" answers '^HTTP/1.1 400 ' 'GET / HTTP/1.0\r\nHost: relay.test\r\n\r\n'
fetches() { at player1 curl -sSk --max-time 5 -o "$dir/page" -w '%{http_code} %{content_type}' "https://$1/" | grep '^200 text/html' && grep -q '</h1>' "$dir/page"; }
check "W2 curl gets the page" fetches $relay_ip
check "W2 also over IPv6" fetches '[2001:db8:5::5]'
tls() { at player1 timeout 5 openssl s_client -connect "$relay_ip:443" -alpn http/1.1 "$@" <<<'' >"$dir/tls" 2>&1; cat "$dir/tls"; }
tls_is() { tls -tls1_3 | grep -q 'ALPN protocol: http/1.1' && openssl x509 -in "$dir/tls" -outform der | cmp - "$dir/relay.der"; }
check "W2 the certificate is the relay's" tls_is
old_tls() { tls -tls1_2 | grep -qE 'alert|error'; }
check "an older TLS is refused" old_tls

# ---- bad faith, all at the same time
bad=(silent tls request upgraded head capsule junk payload plain)
in_bad_faith() {
	local how each=()
	for how in "${bad[@]}"; do
		from player2 closes "$relay_ip" 443 "$how" >"$dir/$how.closed" 2>&1 &
		each+=($!)
	done
	wait "${each[@]}"
}
closed() { # HOW LEAST SECONDS, MOST SECONDS, MOST BYTES
	cat "$dir/$1.closed"
	awk -v least="$2" -v most="$3" -v bytes="$4" '/^closed/ { good = $3 >= least && $3 <= most && $6 <= bytes } END { exit !good }' "$dir/$1.closed"
}
check "the relay closes whoever is in bad faith" in_bad_faith
check "N6 half-open TCP ends after 5 s" closed silent 4.5 6.5 0
check "N6 slow TLS ends after 5 s" closed tls 4.5 6.5 8
check "N6 a slow request ends after 5 s" closed request 4.5 6.5 8
check "N6 so does silence after the upgrade" closed upgraded 4.5 6.5 0
check "N6 a header without an end" closed head 0 2 9000000
check "N6 a giant capsule" closed capsule 0 2 9000000
check "N6 capsules of an unknown type" closed junk 0 4 9000000
check "N6 payloads that are no QUIC" closed payload 4.5 6.5 100
check "N6 HTTP without TLS" closed plain 0 2 100

# ---- members
check "a member over UDP joins" plays udp1 player2 "$tun" $relay_ip "$code"
need "player 1's UDP goes over TCP" bridge player1
check "W2 a member over TCP joins" plays tcp1 player1 "$tun" 127.0.0.1 "$code"
room_has player1 201
room_has player2 202
check "W2 they reach each other" soon 5 reaches player1 192.168.77.202
check "W2 the log says which way" said relay 'event=peer_joined .*over=tcp$'
check "W2 also of UDP" said relay 'event=peer_joined .*over=udp$'
shows() { RUNTIME_DIRECTORY=$dir/run/vps "$bin/lanparty-relay" status >"$dir/shown" && grep -E " 198\.51\.100\.10:[0-9]+ +tcp " "$dir/shown" && grep -E " 192\.0\.2\.10:[0-9]+ +udp " "$dir/shown"; }
check "W2 status, too" shows
large() { reaches player1 -s 1472 -M "do" 192.168.77.202; }
check "W2 large frames arrive" soon 5 large

# ---- a member that reads nothing
floods() { # PLACE SECONDS: player 1, with 2.4 MB per second
	at "$1" timeout $(($2 + 1)) /usr/bin/python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + int(sys.argv[1])
while time.monotonic() < end:
    for _ in range(40): s.sendto(bytes(1200), ("192.168.77.201", 9))
    time.sleep(0.02)' "$2"
}
quiet() { ! reaches player2 -W 1 192.168.77.201; }
witness w1 vps $relay_ip 4 6
check "others play" ready w1 '^ready'
before=$(kib)
kill -USR1 "${pid[over_player1]}"
check "W2 a member reads nothing more" soon 5 quiet
floods player2 3
check "N6 the relay keeps little of 7 MB for it" most "$(($(kib) - before))" 3000
check "N6 the others have played" soon 8 ended w1
check "N6 and lost nothing" test "$(figure w1 lost)" = 0
check "N6 and did not wait for it" below "$(figure w1 p99)" 100
kill -USR2 "${pid[over_player1]}"
check "W2 it reads again: it is back" soon 5 reaches player2 192.168.77.201
check "W2 without another connection" test "$(times tcp1 '^joined')" = 1
check "W2 it is not left" lacks '^peer_left' "$dir/udp1.out"

# ---- many connections that say nothing
ip -n "$lab-internet" route add 198.18.0.0/15 via 192.0.2.10
ip -n "$lab-player2" route add local 198.18.0.0/15 dev lo
before=$(files)
start idle player2 /usr/bin/python3 "$https" idle "$relay_ip" 443 2000
check "2,000 idle connections of one source" ready idle '^idle'
told idle '^idle' | cut -d' ' -f2 >"$dir/idle"
check "N6 few of them are taken" most "$(cat "$dir/idle")" 250
check "N6 the relay has few descriptors more" most $(($(files) - before)) 250
check "N6 a member elsewhere joins over TCP" joins first player1 127.0.0.1 1000
check "N6 and over UDP" joins second gateway $relay_ip 1000
check "N6 a member behind the same address joins over UDP" joins third player2 $relay_ip 1000
stop idle
start idle player2 /usr/bin/python3 "$https" idle "$relay_ip" 443 2000 198.18.0.0
check "2,000 idle connections of 500 networks" ready idle '^idle'
check "N6 they have no more than 512 places" most $(($(files) - before)) 560
check "N6 a member joins over TCP nevertheless" joins fourth player1 127.0.0.1 2000
check "N6 and over UDP" joins fifth gateway $relay_ip 1000
check "W2 members stay and reach each other" reaches player1 192.168.77.202
stop idle

# ---- floods inside of a connection
start stranger player1 "$bin/../tests/stranger" 127.0.0.1:443 "$dir/relay.der" churn 3
check "somebody joins and leaves without end, over TCP" soon 15 ended stranger
between() { echo "$1: $2 to $3"; [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; }
check "N6 he joined as often as he could over UDP" between "$(figure stranger joined)" 15 50
check "N6 and was told to wait" least "$(figure stranger busy)" 1

# ---- the only member over TCP reads nothing, then its connection is cut
ticks() { sed 's/.*) //' "/proc/${pid[relay]}/stat" | awk '{ print $12 + $13 }'; }
stop tcp1
stop over_player1
at player1 sysctl -qw net.ipv4.tcp_rmem='2304 2304 2304' # so that data backs up at the relay
check "a member whose computer takes little at once" bridge player1
check "W2 joins over TCP" plays tcp1 player1 "$tun" 127.0.0.1 "$code"
room_has player1 201
check "W2 and is reached" soon 5 reaches player2 192.168.77.201
kill -USR1 "${pid[over_player1]}"
check "N6 it reads nothing more" soon 5 quiet
floods player2 2
stop over_player1 KILL
floods player2 1
before=$(ticks)
sleep 2
check "N6 when it is cut, the relay does not spin" most "$(($(ticks) - before))" 50
check "W2 nothing that was for it goes to UDP" lacks 'event=udp_send_failed' "$dir/relay.err"
check "others stay" runs udp1
stop tcp1
stop udp1
stop relay
check "the relay ends with 0" test "$status" = 0
check "it says what it refused" least "$(total refused)" 1000
check "N6 and that some gave way" least "$(total gave_way)" 1

# ---- several workers
at player1 sysctl -qw net.ipv4.tcp_rmem='4096 131072 6291456'
need "a relay of four workers" serves --workers 4
check "a new way over TCP" bridge player1
for i in {1..6}; do
	new_code
	check "P2 a member over TCP joins room $i" plays "many$i" player1 "lp$i" 127.0.0.1 "$code"
done
joins_often() { for i in {a..h}; do joins "often-$i" player1 127.0.0.1 3000 || return; done; }
check "P2 members over TCP join again and again" joins_often
check "P2 another member of the last room" plays udp6 player2 "$tun" $relay_ip "$code"
room_has player1 203 lp6
room_has player2 204
check "P2 they reach each other" soon 5 reaches player2 192.168.77.203
stop relay
check "P2 connections were handed over" least "$(total handed_over)" 1
for i in {1..6}; do stop "many$i"; done
stop udp6

# ---- the port is taken, or not wanted
few() { start relay vps env STATE_DIRECTORY="$dir/state-relay" prlimit --nofile=72:72 "$bin/lanparty-relay" --workers 1 --cert "$dir/relay.crt" --key "$dir/relay.key" && ready relay '^listening on '; }
check "P1 a relay with few descriptors starts" few
check "P1 it says that it takes no TCP, and what to do" said relay 'event=tcp_listen_failed .*hint=.*LimitNOFILE'
check "P1 and that it listens at UDP alone" lacks '/tcp' "$dir/relay.out"
stop relay
start web vps /usr/bin/python3 "$https" listen 443
check "another program has the TCP port" ready web '^listening'
check "P1 the relay starts nevertheless" serves
check "P1 and says what to do" said relay 'event=tcp_listen_failed .*another program, such as a web server'
check "P1 it does not say that it listens there" lacks '/tcp' "$dir/relay.out"
check "P1 members join over UDP" plays udp2 player2 "$tun" $relay_ip "$code"
stop udp2
stop relay
stop web
check "P1 with --no-tcp it starts" serves --no-tcp
nobody_listens() { prints_nothing at vps ss -Hltn 'sport = :443'; }
check "P1 and nothing listens at TCP" nobody_listens
check "P1 which is no warning" lacks tcp_listen_failed "$dir/relay.err"
stop relay
check "P1 as JSON" serves --log-format json
check "P1 the event has the protocol" said relay '"listening","address":"\[::\]:443","protocol":"tcp"'
lab_finish
