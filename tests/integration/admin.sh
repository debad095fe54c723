#!/usr/bin/env bash
# The relay's status page, metrics and health: what they show, to whom, and what a visitor cannot do.
# rows: H4
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open admin "$1"
new_code
project=$(cd "$(dirname "$0")/../.." && pwd)
at=127.0.0.1:9640
site=http://$at

# All that was shown goes to $dir/shown, which is searched for secrets in the end.
asks() { at vps curl -sS --max-time 5 "$@" 2>&1 | tee -a "$dir/shown"; return "${PIPESTATUS[0]}"; }
gives() { # STATUS REGEX CURL-ARGUMENT...: head and body, and a status of HTTP
	local want=$1 regex=$2
	asks -i "${@:3}" >"$dir/said" || { cat "$dir/said"; return 1; }
	head -c 2000 "$dir/said"
	[ "$(awk 'NR == 1 { print $2 }' "$dir/said")" = "$want" ] && grep -qE -e "$regex" "$dir/said"
}
has_header() { # REGEX: in all answers of a file and of a view
	local path
	for path in / /page.js /page.css /metrics /healthz /api/v1/status /nothing; do
		asks -o /dev/null -D - "$site$path" | grep -qiE -e "^$1" || { echo "$path"; return 1; }
	done
}
finds() { # EXPRESSION of s, the JSON
	asks "$site/api/v1/status" >"$dir/json" && /usr/bin/python3 -c '
import json, sys
s = json.load(open(sys.argv[2]))
members = [m for room in s["rooms"] for m in room["members"]]
sys.exit(not eval(sys.argv[1]))' "$1" "$dir/json"
}
# The page says what the command says: all keys, rooms and members.
same_as_status() {
	at vps "$bin/lanparty-relay" status --json --config /dev/null >"$dir/status" && asks "$site/api/v1/status" >"$dir/json" &&
		/usr/bin/python3 -c '
import json, sys
def shape(v):
    if isinstance(v, dict):
        return {k: shape(w) for k, w in v.items() if k != "drops"}
    return [shape(w) for w in v] if isinstance(v, list) else v if isinstance(v, str) else type(v).__name__
one, two = (shape(json.load(open(f))) for f in sys.argv[1:])
sys.exit(one != two)' "$dir/status" "$dir/json"
}
# Visitors that hold their connections: WHAT COUNT SECONDS. They say for how long the last one could.
cat >"$dir/visit.py" <<'END'
import socket, sys, time
what, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
visitors = []
for i in range(count):
    visitors.append(socket.create_connection(("127.0.0.1", 9640)))
    visitors[-1].send(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " if what == "half" else b"")
print("there", flush=True)
begun = time.monotonic()
last = visitors[-1]
last.settimeout(1)
while time.monotonic() - begun < seconds:
    try:
        if what == "half":
            last.send(b"x")
        if not last.recv(1000):
            break
    except TimeoutError:
        pass
    except OSError:
        break
print("ended after", round(time.monotonic() - begun), flush=True)
END
visitors() { start "visit-$1" vps /usr/bin/python3 "$dir/visit.py" "$@" && ready "visit-$1" '^there'; }
was_ended() { # WHAT FROM TO: seconds after which the visitor was sent away
	local took
	soon 30 said "visit-$1" '^ended' || return 1
	took=$(told "visit-$1" '^ended' | awk '{ print int($3) }')
	echo "$took s"
	[ "$took" -ge "$2" ] && [ "$took" -le "$3" ]
}
# One thread of the relay is stopped while the command runs: it is traced, and the others go on.
with_stuck() { # THREAD COMMAND...
	/usr/bin/python3 -c '
import ctypes, os, subprocess, sys
libc, thread = ctypes.CDLL(None, use_errno=True), int(sys.argv[1])
call = lambda what: libc.ptrace(ctypes.c_long(what), ctypes.c_long(thread), ctypes.c_void_p(0), ctypes.c_void_p(0))
if call(16) != 0:
    sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")
os.waitpid(thread, 0x40000000)
try:
    status = subprocess.run(sys.argv[2:]).returncode
finally:
    call(17)
sys.exit(status)' "$@"
}
stuck_says() { # STATUS PATH
	local got
	got=$(with_stuck "$worker" ip netns exec "$lab-vps" curl -sS --max-time 9 -o "$dir/said" -w '%{http_code}' "$site$2")
	cat "$dir/said"
	[ "$got" = "$1" ]
}
cores() { # of the relay, so far, in ms
	awk '{ print ($14 + $15) * 10 }' "/proc/${pid[relay]}/stat"
}

# ---- without the option there is no page
need "the relay starts" relay
check "H4 no page, unless it is asked for" not asks "$site/"
check "no library of the page waits for a port" lacks LISTEN <(at vps ss -Htln 'sport != 443')
stop relay

# ---- a page
need "the relay starts with a page" relay --workers 2 --admin "$at"
check "H4 its log says where" said relay "event=admin at=$at"
check "H4 and warns of nothing" lacks 'admin_is_open' "$dir/relay.err"
need "a gateway joins" gateway gateway --lan lan --name attic
hostile='<img src=x onerror="a()">&'\'
need "a player joins, whose name is markup" client player1 player1 --name "$hostile"
room_has player1 91
need "the player reaches the LAN" soon 5 reaches player1 $console_ip

check "H4 the page" gives 200 '<title>lanparty relay' "$site/"
check "H4 its script" gives 200 'text/javascript' "$site/page.js"
check "H4 its style" gives 200 'text/css' "$site/page.css"
check "H4 its icon" gives 200 'image/svg' "$site/icon.svg"
check "H4 nothing of it is of others" lacks 'src="?(https?:)?//|href="?(https?:)?//|@import|url\(' "$project"/src/relay/page/{index.html,page.css,page.js}
check "H4 nor inline, which the policy forbids" lacks '<script>|<style|style=|onclick=|onload=|innerHTML|javascript:' "$project"/src/relay/page/{index.html,page.js}
check "H4 each answer has a strict policy" has_header "content-security-policy: default-src 'none';.*script-src 'self';.*frame-ancestors 'none';.*require-trusted-types-for 'script'"
allows_unsafe() { asks -o /dev/null -D - "$site/" | grep -i 'content-security-policy.*unsafe'; }
check "H4 which allows nothing unsafe" not allows_unsafe
check "H4 each is of one type" has_header 'x-content-type-options: nosniff'
check "H4 none is kept" has_header 'cache-control: no-store'
check "H4 none is for other sites" has_header 'cross-origin-resource-policy: same-origin'
opens_to_others() { asks -o /dev/null -D - -H 'Origin: http://evil.example' "$site/api/v1/status" | grep -i '^access-control'; }
check "H4 whatever they say" not opens_to_others
has_no_body() { asks -I "$site/metrics" | tr -d '\r' | awk 'body { exit 1 } /^$/ { body = 1 }'; }
check "H4 HEAD has a head alone" has_no_body

check "H4 the JSON is that of status" same_as_status
check "H4 it shows the members" finds 'len(members) == 2 and s["room_count"] == 1'
check "H4 a name that is markup is text in it" finds '"<img src=x onerror=\"a()\">&'\''" in [m["name"] for m in members]'
check "H4 with addresses" finds 'members[1]["address"].startswith("198.51.100.10:")'
check "H4 health" gives 200 '^ok$' "$site/healthz"
is_clean() { asks "$site/metrics" | promtool check metrics; }
check "H4 promtool finds nothing wrong with the metrics" prints_nothing is_clean
check "H4 they count the members" gives 200 '^lanparty_relay_members\{role="client"\} 1' "$site/metrics"
check "H4 and name none" lacks 'onerror|198\.51\.100' "$dir/said"

# ---- what visitors cannot do
for method in POST PUT DELETE PATCH OPTIONS TRACE; do
	check "H4 nothing but GET and HEAD: $method" gives 405 '^Allow: GET, HEAD' -X $method "$site/api/v1/status"
done
check "H4 nor with a body" gives 405 'only shows' --data 'a=b' "$site/"
check "H4 no other path" gives 404 'There is nothing here' "$site/page"
check "H4 none that climbs" gives 404 'There is nothing here' --path-as-is "$site/../../etc/passwd"
check "H4 another name for this address is refused" gives 421 'not a name' -H 'Host: evil.example' "$site/api/v1/status"
check "H4 also with the port" gives 421 'not a name' --resolve evil.example:9640:127.0.0.1 http://evil.example:9640/
check "H4 localhost is not" gives 200 '^ok$' http://localhost:9640/healthz
raw() { # REGEX REQUEST
	printf '%b' "$2" | at vps timeout 5 /usr/bin/python3 -c '
import socket, sys
s = socket.create_connection(("127.0.0.1", 9640), 5)
s.sendall(sys.stdin.buffer.read())
while data := s.recv(4096):
    sys.stdout.write(data.decode())' >"$dir/said" 2>&1
	head -c 300 "$dir/said"
	grep -qE "$1" "$dir/said"
}
check "H4 no Host is refused" raw '^HTTP/1.[01] 4(00|21)' 'GET / HTTP/1.1\r\n\r\n'
check "H4 in old HTTP as well" raw '^HTTP/1.[01] 4(00|21)' 'GET / HTTP/1.0\r\n\r\n'
check "H4 a second Host is looked at" raw '^HTTP/1.[01] 4(00|21)' 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n'
long=$(printf 'x%.0s' {1..40000})
check "H4 a long head is refused" raw '^HTTP/1.[01] 4[0-9][0-9]' "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: $long\r\n\r\n"
check "H4 TLS is not spoken" not asks -k https://$at/

# ---- those who keep connections
check "H4 forty visitors who say nothing" visitors nothing 40 60
check "H4 keep nobody out" gives 200 '^ok$' "$site/healthz"
visitors half 1 60

# ---- a dashboard finds what it asks for
cat >"$dir/prometheus.yml" <<-END
	global: {scrape_interval: 1s, scrape_timeout: 1s}
	scrape_configs: [{job_name: lanparty, static_configs: [{targets: ["$at"]}]}]
END
start prometheus vps prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" --web.listen-address=127.0.0.1:9090
start pings player1 ping -i 0.2 $console_ip
dashboard() { # each query of the dashboard has data, and each metric of it is exported
	asks "$site/metrics" >"$dir/metrics" && at vps /usr/bin/python3 - "$project/packaging/grafana/lanparty-relay.json" "$dir/metrics" <<-'END'
		import json, re, sys, urllib.parse, urllib.request
		board = json.load(open(sys.argv[1]))
		exported = set(re.findall(r"^# TYPE (\S+)", open(sys.argv[2]).read(), re.M))
		targets = [t["expr"] for panel in board["panels"] for t in panel["targets"]]
		failed = len(targets) < 20
		for expr in targets:
		    names = set(re.findall(r"\b(?:lanparty_relay|process)_\w+", expr))
		    if not names or names - exported:
		        failed = print("not exported:", names - exported or expr) or True
		    # No frame is dropped here.
		    asked = expr.removesuffix(" > 0").replace("$__rate_interval", "8s").replace("$job", ".*").replace("$instance", ".*")
		    url = "http://127.0.0.1:9090/api/v1/query?" + urllib.parse.urlencode({"query": asked})
		    if not json.load(urllib.request.urlopen(url, timeout=5))["data"]["result"]:
		        failed = print("no data:", asked) or True
		for variable in board["templating"]["list"]:
		    names = set(re.findall(r"\blanparty_relay_\w+", str(variable["query"])))
		    failed = failed or bool(names - exported)
		sys.exit(failed)
	END
}
check "H4 Prometheus reads the relay, and each query of the Grafana dashboard has data" soon 20 dashboard
stop prometheus
stop pings

# ---- a worker that is stuck
worker=$(for t in "/proc/${pid[relay]}/task/"*; do [ "${t##*/}" = "${pid[relay]}" ] || echo "${t##*/}"; done | sort -n | tail -n 1)
check "H4 a worker that is stuck is no good health" stuck_says 503 /healthz
check "H4 the page is there all the same" stuck_says 200 /
check "H4 without its members" stuck_says 503 /api/v1/status
sleep 1
check "H4 until it runs again" gives 200 '^ok$' "$site/healthz"

check "H4 a visitor who says nothing is sent away" was_ended nothing 8 14
check "H4 one whose request never ends, too" was_ended half 15 25
check "H4 the relay was not busy with all that" test "$(cores)" -lt 3000

# ---- secrets
(umask 077 && echo "lanparty://$relay_ip/$code?pin=$pin" >"$dir/invite")
room_key=$("$bin/lanparty-gateway" room-key --room-file "$dir/invite" --config /dev/null | grep -oE '[0-9a-f]{64}')
hides() { [ -n "$1" ] && ! grep -qiaF -e "$1" "$dir/shown"; } # SECRET
hides_files() { # that members keep, such as tokens
	find "$dir"/state-* -type f -size +0 -exec sh -c 'od -An -v -tx1 -w16 "$1" | tr -d " " | grep -v "^0*$"' _ {} \; >"$dir/kept"
	[ -s "$dir/kept" ] && ! grep -qiaFf "$dir/kept" "$dir/shown"
}
check "what was shown" grep -qa '"members"' "$dir/shown"
check "H4 has no room code" hides "$code"
check "H4 however it is written" hides "${code//-/}"
check "H4 no room key" hides "$room_key"
check "H4 no token of a membership" hides_files
stop relay

# ---- other places
need "the relay starts with a page that others reach" relay --admin $relay_ip:9640 --log-addresses no
check "H4 it warns of that" said relay 'event=admin_is_open .*login'
check "H4 they do" at player2 curl -sS --max-time 5 -o /dev/null "http://$relay_ip:9640/"
need "the player is back" soon 10 said_times player1 '^joined ' 2
site=http://$relay_ip:9640
check "H4 no addresses of members, as in the log" soon 5 finds 'len(members) == 2 and not any("address" in m for m in members)'
stop relay
need "the relay starts with a Unix socket" relay --admin "$dir/page/socket"
is_private() { [ "$(stat -c '%a %U' "$dir/page/socket")" = '660 nobody' ] || { stat "$dir/page/socket"; return 1; }; }
check "H4 its user and group can use it" is_private
check "H4 and root" gives 200 '^ok$' --unix-socket "$dir/page/socket" http://localhost/healthz
check "H4 a site that leads a name of its own there is refused as well" gives 421 'not a name' --unix-socket "$dir/page/socket" http://relay.example/healthz
stop relay KILL
need "the relay starts again" relay --admin "$dir/page/socket"
check "H4 a socket that was left is replaced" gives 200 '^ok$' --unix-socket "$dir/page/socket" http://localhost/healthz
stop relay
check "H4 it goes with the relay" test ! -e "$dir/page/socket"
echo precious >"$dir/page/socket"
need "the relay starts where a file is" relay --admin "$dir/page/socket"
check "H4 it says that there is no page" said relay 'event=admin_failed .*File exists'
check "H4 and leaves the file alone" grep -qx precious "$dir/page/socket"
stop relay
start other vps /usr/bin/python3 -m http.server --bind 127.0.0.1 9640
soon 5 at vps curl -s -o /dev/null http://$at/
need "the relay starts where the port is taken" relay --admin "$at"
check "H4 it says that there is no page" said relay 'event=admin_failed .*in use.*change --admin'
stop relay
check "H4 a place that is none is refused" ends_with 64 '127\.0|ADDRESS:PORT' vps "$bin/lanparty-relay" --admin 9640
lab_finish
