#!/usr/bin/env bash
# What the programs show of themselves: members and line, as text and as JSON, with numbers that are true.
# rows: H4
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open status "$1"
new_code

# What a command of a place says. $dir/shown gets all of it, which is searched for secrets in the end.
client_says() { at "$1" "$bin/lanparty-client" --tap "$tun" "${@:2}" 2>&1 | tee -a "$dir/shown"; return "${PIPESTATUS[0]}"; }
gateway_says() { at gateway "$bin/lanparty-gateway" "$@" --config /dev/null 2>&1 | tee -a "$dir/shown"; return "${PIPESTATUS[0]}"; }
relay_says() { at vps "$bin/lanparty-relay" "$@" --config /dev/null 2>&1 | tee -a "$dir/shown"; return "${PIPESTATUS[0]}"; }
# A Python expression of s, the answer, and of m(NAME), a member.
finds() { # EXPRESSION PLACE
	case $2 in vps) relay_says status --json ;; gateway) gateway_says status --json ;; *) client_says "$2" status --json ;; esac >"$dir/json" || return
	cat "$dir/json"
	/usr/bin/python3 -c '
import json, sys
s = json.loads(sys.stdin.read())
members = s["members"] if "members" in s else [m for room in s["rooms"] for m in room["members"]]
m = lambda name: [m for m in members if m["name"] == name][0]
near = lambda value, wanted: abs(value - wanted) <= wanted / 10 or print(value, "is not", wanted)
sys.exit(not eval(sys.argv[1]))' "$1" <"$dir/json"
}
says() { # STATUS REGEX COMMAND...
	local got
	"${@:3}" >"$dir/said" 2>&1
	got=$?
	cat "$dir/said"
	[ "$got" = "$1" ] && grep -qE "$2" "$dir/said"
}
lines() { # COUNT COMMAND...: it prints at least so many lines, until it is ended
	timeout 4 "${@:2}" >"$dir/lines"
	[ $? = 124 ] && /usr/bin/python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$dir/lines" &&
		[ "$(wc -l <"$dir/lines")" -ge "$1" ]
}
set_path() { echo "loss=0 delay=0 jitter=0 $*" >&9; } # of player 1, from now on
sends() { # PLACE TYPE COUNT: frames of an EtherType that nobody uses
	at "$1" /usr/bin/python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
mac = s.getsockname()[4]
for i in range(int(sys.argv[3])):
    s.send(b"\xff" * 6 + mac + bytes.fromhex(sys.argv[2]) + bytes(50))' "$tun" "$2" "$3"
}
hides() { [ -n "$1" ] && ! grep -qiF -e "$1" "$dir/shown"; } # SECRET: nothing has shown it

check "H4 nothing runs: a sentence, and a status of its own" says 69 'start the program first' client_says player1 status
check "H4 the same at the gateway" says 69 'start the program first' gateway_says status --json

check "H4 the same at the relay" says 69 'start the program first' relay_says status

check "H4 which knows no host key" lacks host-key "$dir/shown"

need "the relay starts" relay
need "a gateway joins" gateway gateway --lan lan
mkfifo "$dir/settings"
exec 9<>"$dir/settings"
input=$dir/settings start impair vps "$bin/../tests/impair" $relay_ip:4443 $relay_ip:443
need "a path of player 1 is there" ready impair forwarding
relay_ip+=:4443
need "player 1 joins" client player1 player1 --name zoe
relay_ip=${relay_ip%:*}
need "player 2 joins" client player2 player2 --name 'Ki"t ☃'
room_has player1 91
room_has player2 92
need "player 1 reaches the LAN" soon 5 reaches player1 $console_ip

# ---- who is there
check "H4 a client is in the room" finds 's["state"] == "joined" and s["program"] == "client" and s["room"] > 0' player1
check "H4 it shows all members" finds 'len(s["members"]) == 3 and m("zoe")["own"]' player1
check "H4 whatever their names are" finds 'm("Ki\"t ☃")["role"] == "client"' player1
check "H4 with roles, numbers and MACs" finds "m('zoe')['role'] == 'client' and m('zoe')['peer'] > 0 and m('zoe')['mac'] == '$(mac_of player1 "$tun")'" player2
check "H4 and so does the gateway" finds 's["program"] == "gateway" and s["interface"] == "lan" and len(s["members"]) == 3' gateway
check "H4 the relay's address and carrier" finds 's["relay"]["address"] == "203.0.113.5:4443" and s["relay"]["carrier"] == "udp"' player1
check "H4 and how the invite names it" finds 's["relay"]["name"] == "203.0.113.5:4443"' player1
check "H4 for people as well" says 0 '^ +[0-9]+  client .* zoe \(this computer\)$' client_says player1 status
check "H4 with another name" says 0 'Ki"t ☃$' client_says player1 status
check "H4 again every second" lines 3 env RUNTIME_DIRECTORY="$dir/run/player1" ip netns exec "$lab-player1" "$bin/lanparty-client" --tap "$tun" status --json --watch
check "H4 another user learns nothing" says 77 'as root' at player1 setpriv --reuid=daemon --clear-groups "$bin/lanparty-client" --tap "$tun" status
check "H4 nor is there such a client for another interface" says 69 'start the program' at player1 "$bin/lanparty-client" --tap lp7 status

check "H4 the relay shows its room" finds 's["room_count"] == 1 and s["member_count"] == 3 and s["rooms"][0]["gateway"] and len(members) == 3' vps
check "H4 with roles, carriers and addresses" finds 'm("zoe")["role"] == "client" and m("zoe")["carrier"] == "udp" and m("Ki\"t ☃")["address"].startswith("192.0.2.10:")' vps
check "H4 for people as well" says 0 '^ +[0-9]+  client .* udp zoe$' relay_says status
check "H4 rooms without members" says 0 '^room [0-9]+: 3 members, with a gateway, MTU 1500$' relay_says rooms
check "H4 whose names are not shown" lacks zoe "$dir/said"
check "H4 another user learns nothing of the relay" says 77 'as root' at vps setpriv --reuid=daemon --clear-groups "$bin/lanparty-relay" status --config /dev/null

# ---- what the relay does by command
check "H4 its log has other lines from now on" says 0 '^done$' relay_says log-level frame
at player1 ping -c 1 -W 2 $console_ip >/dev/null
check "H4 one per frame" soon 3 said relay 'event=frame '
check "H4 until that is taken back" says 0 '^done$' relay_says log-level info
check "H4 it is silent from now on" says 0 '^done$' relay_says log-level error
check "H4 which is the last line" said relay 'event=log_level level=error'
check "H4 with fewer words" says 0 '^done$' relay_says log-level warning
check "H4 which is a line" said relay 'level=warning event=log_level level=warning'
check "H4 or none again" says 0 '^done$' relay_says log-level error
check "H4 which is a line, too" said relay 'level=warning event=log_level level=error'
check "H4 until it speaks again" says 0 '^done$' relay_says log-level info
check "H4 which is a line, too" said_times relay 'event=log_level level=info' 2
check "H4 no such level" says 75 'which level' relay_says log-level loud
check "H4 it reads its certificate again" says 0 '^done$' relay_says reload
check "H4 as its log says" said_times relay 'event=certificate' 2
tun=lp1
need "a third player joins" client third player2 --name third
tun=lp0
number() { # NAME: ROOM/NUMBER
	relay_says status --json | /usr/bin/python3 -c '
import json, sys
print(*[str(r["room"]) + "/" + str(m["peer"]) for r in json.load(sys.stdin)["rooms"] for m in r["members"] if m["name"] == sys.argv[1]])' "$1"
}
third=$(number third)
check "H4 nobody has that number" says 75 'no such member' relay_says kick "${third%/*}/999"
check "H4 that is no number" says 75 'Give ROOM/NUMBER' relay_says kick third
check "H4 the relay removes a member" says 0 '^done$' relay_says kick "$third"
check "H4 whose program ends" soon 5 said third 'rejected.*removed'
check "H4 and logs it" said relay 'event=operator_act act=kick'
stop third
check "H4 the others are there" soon 3 finds 'len(members) == 3' vps

# ---- drops, by reason
sends player1 9999 7
check "H4 frames that may not pass are counted, by reason" soon 3 finds 's["to_room"]["drops"]["ethertype"] == 7' player1
check "H4 for people as well" says 0 '  dropped +.*ethertype 7' client_says player1 status

# ---- the numbers are true
start echo console "$bin/../tests/game" echo 192.168.77.20:5000
plays() { start play player1 "$bin/../tests/game" play 192.168.77.20:5000 "$@"; } # SECONDS SIZE INTERVAL
# The mean of what is shown of the line of player 1, asked for every second, is WANTED, give or take a tenth.
mean() { # KEY WANTED COUNT
	local i
	for ((i = 0; i < $3; i++)); do
		sleep 1
		client_says player1 status --json
	done | /usr/bin/python3 -c '
import json, sys
key, wanted = sys.argv[1], float(sys.argv[2])
all = [json.loads(line)["relay"][key] for line in sys.stdin]
mean = sum(all) / len(all)
print(all, mean)
sys.exit(not all or abs(mean - wanted) > wanted / 10)' "$1" "$2"
}
set_path delay=25
plays 60 1000 40
sleep 4
check "H4 the round trip is that of the path" soon 15 mean rtt_ms 50 3
check "H4 the relay sees the same" soon 5 finds 'near(m("zoe")["rtt_ms"], 50)' vps
check "H4 and the same rate" soon 5 finds 'near(m("zoe")["from_member"]["bytes_per_second"], 1042 * 25)' vps
check "H4 others hear of it, after up to 20 s" soon 25 finds 'near(m("zoe")["rtt_ms"], 50)' player2
check "H4 bytes per second are those of the game" soon 5 finds 'near(s["to_room"]["bytes_per_second"], 1042 * 25)' player1
check "H4 in both directions" soon 5 finds 'near(s["from_room"]["bytes_per_second"], 1042 * 25)' player1
stop play
# Differences of the sum of two such delays: 7/15 of the longest one on average.
set_path delay=25 jitter=20
plays 150 64 40
sleep 5
check "H4 jitter is that of the path" soon 60 mean jitter_ms 9.33 40
check "H4 with the round trip" soon 10 mean rtt_ms 70 3
stop play
stop player1
relay_ip+=:4443
need "player 1 joins anew" client player1 player1 --name zoe
relay_ip=${relay_ip%:*}
room_has player1 91
set_path loss=100 burst=0
plays 30 64 2
soon 60 said play '"lost"'
check "H4 loss is that of the path" mean loss_percent 10 1
check "H4 the relay sees that of the other direction" finds 'near(m("zoe")["loss_percent"], 10)' vps

# ---- the end
set_path
stop relay
check "H4 without a relay it is not in the room, and says why" soon 5 finds 's["state"] == "connecting" and "shutting down" in s["trouble"] and s["members"] == []' player1
check "H4 for people as well" says 0 '^Not in the room: connecting' client_says player1 status
check "H4 it leaves when it is told to" says 0 '^left the room$' client_says player1 leave
wait "${pid[player1]}"
check "H4 with status 0" test $? = 0
check "H4 and takes its interface along" not has_tun player1
echo '# none' >"$dir/rooms"
need "the relay starts again" relay --rooms "$dir/rooms" --open-rooms yes
check "H4 it reads its rooms again" says 0 '^done$' relay_says reload
echo 'no room' >"$dir/rooms"
check "H4 and says when it cannot" says 75 'could not be read' relay_says reload
check "H4 its log says why" said relay 'event=rooms_unusable .*line=1 '
check "H4 the other one is back" soon 8 said_times player2 '^joined ' 2
check "the gateway sees it" soon 15 said_times gateway '^peer_joined .*name="Ki' 2
hides_files() { # nothing that stands in the files that members keep, such as tokens
	local file
	find "$dir"/state-* -type f -size +0 | while read -r file; do
		od -An -v -tx1 -w16 "$file" | tr -d ' ' | grep -v '^0*$'
	done >"$dir/kept"
	[ -s "$dir/kept" ] && ! grep -qiFf "$dir/kept" "$dir/shown"
}
check "H4 no token of a membership is shown" hides_files
need "a third player joins the room without a host" client third player1 --name third
check "H4 the relay bans it, as long as the room is open" says 0 '^done, but it ends .* no host key' relay_says ban "$(number third)"
check "H4 its program ends" soon 5 said third 'rejected.*removed'
stop third
check "H4 it leaves as well" says 0 '^left the room$' client_says player2 leave
check "H4 which the gateway hears" soon 3 said gateway '^peer_left .*name="Ki."t ☃" reason=normal'
check "the gateway does not leave by a command" says 64 'which' gateway_says leave

# ---- secrets
(umask 077 && echo "lanparty://$relay_ip/$code?pin=$pin" >"$dir/invite")
room_key=$("$bin/lanparty-gateway" room-key --room-file "$dir/invite" --config /dev/null | grep -oE '[0-9a-f]{64}')
check "H4 what was shown" grep -q '"members"' "$dir/shown"
check "H4 has no room code" hides "$code"
check "H4 however it is written" hides "${code//-/}"
check "H4 no room key" hides "$room_key"
lab_finish
