#!/usr/bin/env bash
# Whom the relay claims to be, and who believes it.
# rows: P2 P3 P5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open certs "$1"
new_code

relay_cmd=("$bin/lanparty-relay")
invite() { echo "lanparty://$relay_ip/$code?pin=$1${2+&pin=$2}"; } # PIN [PIN]
joiner() { # STATUS SENTENCE [OPTION...] INVITE: a client at player 2 that ends by itself
	ends_with "$1" "$2" player2 env STATE_DIRECTORY="$dir" "$bin/lanparty-client" --tap "$tun" "${@:3}"
}

# ---- the certificate made at start
start busy vps /usr/bin/python3 "$probe" serve 443
soon 5 said busy serving
check "the port is taken: one sentence" ends_with 69 'another program has this UDP port' \
	vps "${relay_cmd[@]}" --listen 0.0.0.0:443 --dev-cert-der-out "$dir/a/b/c/relay.der"
check "P2 the certificate was written before, into new folders" test -s "$dir/a/b/c/relay.der"
stop busy
check "P2 it cannot be written: one sentence" ends_with 73 'write_failed' vps "${relay_cmd[@]}" --dev-cert-der-out "$dir/relay.der/x/" --listen 0.0.0.0:443
start relay vps "${relay_cmd[@]}" --listen 0.0.0.0:443 --dev-cert-der-out "$dir/d/relay.der"
check "P1 the relay says where it listens" soon 5 said relay '^listening on 0.0.0.0:443/udp$'
check "P2 it is DER" sh -c "head -c 1 $dir/d/relay.der | grep -q 0"
joins_with() { # OPTION...
	start player1 player1 env STATE_DIRECTORY="$dir" "$bin/lanparty-client" --tap "$tun" --relay "$relay_ip" --room "$code" "$@"
	joined player1
}
need "P2 P5 a client that pins the file joins" joins_with --relay-cert "$dir/d/relay.der"
stop player1
stop relay
check "the relay ends well" test $status = 0

# ---- PEM files
need "a relay with PEM files starts" relay --log-level debug
first_pin=$pin
check "new-cert and relay say the same pin" said relay "pin=$pin"
check "new-cert overwrites nothing" ends_with 73 'exists' vps "${relay_cmd[@]}" new-cert --cert "$dir/relay.crt" --key "$dir/relay.key"
check "the key is for root alone" test "$(stat -c %a "$dir/relay.key")" = 600
wrong=sha256:$(printf '%064d' 7)
check "P2 a wrong pin is refused" joiner 79 'not the pinned one' "$(invite "$wrong")"
check "P2 before any hello was sent" not said relay 'event=(peer_joined|rejected)'
check "a file that is no certificate" joiner 66 'not a certificate in DER' --relay "$relay_ip" --room "$code" --relay-cert "$dir/relay.crt"
check "without a pin the system's authorities decide: not for this one" joiner 79 'no authority vouches' --relay "$relay_ip" --room "$code"
need "one of two pins is enough" client player1 player1 --relay-pin "$wrong" --relay-pin "$first_pin"
room_has player1 91

# ---- SIGHUP
rm "$dir/relay.crt" "$dir/relay.key"
pin=$("${relay_cmd[@]}" new-cert --cert "$dir/relay.crt" --key "$dir/relay.key")
kill -s HUP "${pid[relay]}"
check "P2 SIGHUP: the new certificate is read" soon 3 said relay "pin=$pin"
check "P2 new connections get it: the old pin is wrong now" joiner 79 'not the pinned one' "$(invite "$first_pin")"
need "P2 the new pin is right" client player2 player2
room_has player2 92
check "P2 old connections live on" reaches player2 192.168.77.91
check "nobody had to come back" not said_times player1 '^joined' 2
echo "this is no certificate" >"$dir/relay.crt"
kill -s HUP "${pid[relay]}"
check "a broken file changes nothing" soon 3 said relay 'event=reload kept='
stop player2
need "the last good one is still there" client player2 player2
stop relay
check "starting with it fails: one sentence" ends_with 66 'certificate_unusable' vps "${relay_cmd[@]}" --cert "$dir/relay.crt" --key "$dir/relay.key"
lab_finish
