#!/usr/bin/env bash
# Who hosts a game: a real server behind the gateway, and a player who opens a game to the LAN. tools/games tries more.
# rows: H7
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open games "$1"
new_code
server=$(PATH=$PATH:/usr/games command -v teeworlds-server)

need "the relay starts" relay
need "a gateway joins" gateway box --lan lan --name box
need "player 1 joins" client player1 player1 --name ann --address 192.168.77.91/24
need "player 2 joins" client player2 player2 --name zoe --address 192.168.77.92/24 --log-format json
need "player 1 reaches the LAN" soon 5 reaches player1 $game_ip
need "player 1 reaches player 2" soon 5 reaches player1 192.168.77.92

status_of() { at player1 "$bin/lanparty-client" --tap "$tun" status "$@"; }
games() { # EXPRESSION of g, the games: it is true
	status_of --json | /usr/bin/python3 -c 'import json, sys
g = json.load(sys.stdin)["games"]
print(g)
sys.exit(not eval(sys.argv[1]))' "$1"
}
shows() { status_of | grep -E "$1"; } # REGEX
# Player 2 opens a world to the LAN, as Minecraft says it.
opens() { run_probe player2 shout 224.0.2.60 4445 "[MOTD]$1[/MOTD][AD]$2[/AD]" "$tun"; } # NAME PORT

check "H7 nobody hosts anything" games 'g == []'
check "H7 nor do people see any" not shows '^games'

# ---- announced
for _ in 1 2 3; do opens "Zoe's §6world" 54321; done
game='host=zoe peer=[0-9]+ name="Minecraft: Zoe.s world" address=192.168.77.92:54321'
check "H7 player 1 is told who hosts a game" soon 3 said player1 "^game $game$"
check "H7 and the gateway" soon 3 said box "^game $game$"
check "H7 and player 2 itself, in JSON" soon 3 said player2 '"event":"game".*"host":"zoe".*"name":"Minecraft: Zoe.s world","address":"192.168.77.92:54321"'
opens "Zoe's §6world" 54321
check "H7 once" test "$(times player1 '^game ')" = 1
check "H7 status lists it" games 'len(g) == 1 and g[0]["host"] == "zoe" and g[0]["title"] == "Minecraft" and g[0]["address"] == "192.168.77.92:54321" and g[0]["seconds"] < 10'
check "H7 for people as well" shows '^192.168.77.92:54321 +Minecraft: Zoe.s world, hosted by zoe$'
opens $'evil\n\e[31mgame host=ann' 1
check "H7 no name makes lines of its own" soon 3 said player1 '^game host=zoe .*Minecraft: evil\[31mgame host=ann'
for port in {2..40}; do opens flood "$port"; done
check "H7 a member that invents games is told of 8 times" soon 3 said_times player1 '^game host=zoe' 8
check "H7 and not more" stays 1 test "$(times player1 '^game ')" = 8

# ---- answered
if [ -n "$server" ]; then
	start teeworlds game env HOME="$dir" "$server" "sv_name in the LAN" "sv_register 0"
	need "a game server starts in the LAN" soon 15 said teeworlds 'server name is'
	check "H7 player 1 finds it" run_probe player1 teeworlds "$tun"
	game="host=box peer=[0-9]+ name=\"Teeworlds: in the LAN \(dm1\)\" address=$game_ip:8303"
	check "H7 and is told of it" soon 3 said player1 "^game $game$"
	check "H7 and the gateway" soon 3 said box "^game $game$"
	check "H7 whom it did not pass is not" lacks 'in the LAN' "$dir/player2.out"
	check "H7 status lists it" shows "^$game_ip:8303 +Teeworlds: in the LAN \(dm1\), hosted by box$"
	stop teeworlds
else
	left_out "H7 a real server" "there is no teeworlds-server"
fi
stop player2
check "H7 who has left hosts nothing" soon 5 games 'all(x["host"] == "box" for x in g)'
lab_finish
