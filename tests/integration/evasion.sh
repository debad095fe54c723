#!/usr/bin/env bash
# Sends the hostile frames of tests/lib/evasion.c into a room with a real gateway and a real player. None must
# arrive at a computer on the LAN or at the player's interface.
# rows: F4 S1 S2 S4 S5 N2
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open evasion "$1"
new_code
tests=$bin/../tests
[ -x "$tests/evasion_run" ] || lab_skip "needs tests/evasion_run beside the folder of the programs"

to_der() { # PEM DER
	/usr/bin/python3 -c 'import ssl, sys; sys.stdout.buffer.write(ssl.PEM_cert_to_DER_cert(open(sys.argv[1]).read()))' "$1" >"$2"
}
watch_at() { # PLACE INTERFACE
	start "watch-$1" "$1" "$tests/evasion_run" watch "$2" 25 steal "${owned[@]}"
	ready "watch-$1" watching
}
saw_nothing_hostile() { # PLACE HONEST: how many of the 50 honest frames are for it
	soon 30 said "watch-$1" "^hostile frames: [0-9]{3,}, got through: 0; honest frames: 50, got through: $2\$"
}

need "the relay starts" relay --broadcast-rate 0 --unknown-rate 0 --client-rate 0
need "the certificate as DER" to_der "$dir/relay.crt" "$dir/relay.der"
need "the gateway joins" gateway gateway --lan lan
need "player 2 joins" client player2 player2 --mac 02:00:00:00:00:02
room_has player2 92
check "player 2 reaches the LAN" soon 3 reaches player2 192.168.77.20
# N2: addresses of the console, of player 2, and of the gateway's computer, of each kind
owned=("$(link_local console lan)" fd77::20 "$(link_local player2 "$tun")" fd77::92 "$(link_local gateway lan)" fd77::2)
check "by IPv6 too" soon 3 reaches player2 fd77::20
check "by link-local IPv6 too" soon 3 reaches player2 "$(link_local console lan)%$tun"
need "the LAN's computer looks" watch_at console lan
need "player 2 looks" watch_at player2 "$tun"
check "player 1 sends them all" at player1 "$tests/evasion_run" "$relay_ip:443" "$dir/relay.der" play "$code" steal "${owned[@]}"
check "S5 F4 S1 S2 S4 N2 no hostile frame reaches the LAN, honest ones do" saw_nothing_hostile console 30
check "F4 S1 S2 S4 N2 no hostile frame reaches the player, honest ones do" saw_nothing_hostile player2 49
for place in console player2; do echo "at $place: $(told "watch-$place" "^hostile")"; done
check "player 2 still reaches the LAN" soon 3 reaches player2 192.168.77.20
check "still by IPv6, too" soon 3 reaches player2 fd77::20
lab_finish
