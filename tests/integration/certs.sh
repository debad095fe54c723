#!/usr/bin/env bash
# The relay's certificates: made at start, kept in files, pinned, replaced on SIGHUP.
# rows: P1 P2 P3 P5
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
ready busy serving
check "the port is taken: one sentence" ends_with 69 'another program has this UDP port' \
	vps "${relay_cmd[@]}" --listen 0.0.0.0:443 --dev-cert-der-out "$dir/a/b/c/relay.der"
check "P2 the certificate was written first, into new folders" test -s "$dir/a/b/c/relay.der"
stop busy
check "P2 it cannot be written: one sentence" ends_with 73 'write_failed' vps "${relay_cmd[@]}" --dev-cert-der-out "$dir/relay.der/x/" --listen 0.0.0.0:443
start relay vps "${relay_cmd[@]}" --listen 0.0.0.0:443 --dev-cert-der-out "$dir/d/relay.der"
check "P1 the relay says where it listens" ready relay '^listening on 0.0.0.0:443/udp$'
check "P2 the file is DER" sh -c "head -c 1 $dir/d/relay.der | grep -q 0"
joins_with() { # OPTION...
	start player1 player1 env STATE_DIRECTORY="$dir" "$bin/lanparty-client" --tap "$tun" --relay "$relay_ip" --room "$code" "$@"
	joined player1
}
need "P2 P5 a client that pins the file joins" joins_with --relay-cert "$dir/d/relay.der"
stop player1
stop relay
check "the relay exits with 0" test $status = 0

# ---- failed writes leave existing files unchanged
small=$dir/small && mkdir "$small"
private() { # COMMANDS: in a shell with a small disk at $small that nobody else sees
	at vps sh -c "mount -t tmpfs -o size=16k tmpfs $small || exit 1; $1"
}
writes="timeout 5 ${relay_cmd[*]} --listen 0.0.0.0:443 --dev-cert-der-out"
full="head -c 100k /dev/zero >$small/fill 2>/dev/null"
check "P2 a full disk: the old file stays, and nothing beside it" private "
	: >$small/relay.der; $full; $writes $small/relay.der
	[ \$? = 73 ] && [ \"\$(ls $small)\" = \"\$(printf 'fill\nrelay.der')\" ]"
check "P2 a device that is full stays a device" private "
	mknod $small/full c 1 7 && { $writes $small/full; [ \$? = 73 ]; } && test -c $small/full"
check "new-cert: neither a device nor a lone key is left behind otherwise" private "
	mknod $small/full c 1 7 && { ${relay_cmd[*]} new-cert --cert $small/full --key $small/key; [ \$? = 73 ]; } &&
	test -c $small/full && test ! -e $small/key"
check "new-cert on a full disk leaves nothing" private "
	$full; ${relay_cmd[*]} new-cert --cert $small/cert --key $small/key
	[ \$? = 73 ] && [ \"\$(ls $small)\" = fill ]"
into_fifo() {
	mkfifo "$dir/fifo" || return 1
	start reader vps head -c 1 "$dir/fifo"
	start relay vps "${relay_cmd[@]}" --listen 0.0.0.0:443 --dev-cert-der-out "$dir/fifo"
	ready relay '^listening on' && soon 5 said reader 0 && test -p "$dir/fifo"
}
check "P2 a FIFO is written to and stays" into_fifo
stop relay
into_streams() { # the key into a FIFO, the certificate onto standard output, the pin after it
	start reader vps cat "$dir/fifo"
	"${relay_cmd[@]}" new-cert --cert /dev/stdout --key "$dir/fifo" >"$dir/streams" || return
	grep -q 'END CERTIFICATE' "$dir/streams" && grep -qE '^sha256:[0-9a-f]{64}$' "$dir/streams" &&
		soon 5 said reader 'END PRIVATE KEY' && test -p "$dir/fifo"
}
check "new-cert writes into a FIFO and to standard output, and ends with 0" into_streams

# ---- results that standard output does not take
closed() { # STATUS SENTENCE COMMAND...: with standard output closed
	ends_with "$1" "$2" vps sh -c 'exec "$@" >&-' sh "${@:3}"
}
full() { # STATUS SENTENCE COMMAND...: with standard output on a full disk
	ends_with "$1" "$2" vps sh -c 'exec "$@" >/dev/full' sh "${@:3}"
}
for how in closed full; do
	for option in --help --version; do
		for program in lanparty-relay lanparty-gateway lanparty-client; do
			check "$program $option, $how: an error when it is not shown" $how 74 'output_failed' "$bin/$program" $option
		done
	done
	check "new-room, $how: an error when the code is not shown" $how 74 'output_failed' "$bin/lanparty-client" new-room
	check "new-cert, $how: an error when the pin is not shown" $how 74 'pin_not_shown' "${relay_cmd[@]}" new-cert --cert "$dir/$how.crt" --key "$dir/$how.key"
	check "new-cert, $how: the files are there all the same" test -s "$dir/$how.crt" -a -s "$dir/$how.key"
	check "P1 $how: the relay ends when it cannot say where it listens" $how 74 'output_failed' "${relay_cmd[@]}" --listen 0.0.0.0:443
done
check "new-room on a full disk is an error" private "$full; $bin/lanparty-client new-room >>$small/fill; [ \$? = 74 ]"

# ---- PEM files
need "a relay with PEM files starts" relay --log-level debug
first_pin=$pin
check "new-cert and the relay show the same pin" said relay "pin=$pin"
check "new-cert overwrites nothing" ends_with 73 'exists' vps "${relay_cmd[@]}" new-cert --cert "$dir/relay.crt" --key "$dir/relay.key"
check "only root can read the key" test "$(stat -c %a "$dir/relay.key")" = 600
wrong=sha256:$(printf '%064d' 7)
check "P2 a wrong pin is refused" joiner 79 'not the pinned one' "$(invite "$wrong")"
check "P2 and no hello was sent" not said relay 'event=(peer_joined|rejected)'
check "a file that is not a certificate is refused" joiner 66 'not a certificate in DER' --relay "$relay_ip" --room "$code" --relay-cert "$dir/relay.crt"
check "without a pin the system's certificate authorities decide, and they reject this relay" joiner 79 'no certificate authority confirms' --relay "$relay_ip" --room "$code"
need "one of two pins is enough" client player1 player1 --relay-pin "$wrong" --relay-pin "$first_pin"
room_has player1 91
unheard() { # a member whose events nobody takes stays in the room, and says so in the end
	start player2 player2 sh -c 'exec "$@" >&-' sh env STATE_DIRECTORY="$dir" "$bin/lanparty-client" --tap "$tun" "$(invite "$first_pin")"
	soon 5 said_times player1 '^peer_joined' 1 && soon 5 said player2 'output_failed' &&
		not soon 2 said_times player1 '^peer_left' 1
}
check "events that standard output does not take are no reason to leave" unheard
stop player2
check "but an error in the end" test $status = 74

# ---- SIGHUP
rm "$dir/relay.crt" "$dir/relay.key"
pin=$("${relay_cmd[@]}" new-cert --cert "$dir/relay.crt" --key "$dir/relay.key")
kill -s HUP "${pid[relay]}"
check "P2 SIGHUP: the relay reads the new certificate" soon 5 said relay "pin=$pin"
check "P2 new connections receive it, so the old pin is wrong" joiner 79 'not the pinned one' "$(invite "$first_pin")"
need "P2 the new pin is right" client player2 player2
room_has player2 92
check "P2 existing connections continue" reaches player2 192.168.77.91
check "nobody had to reconnect" not said_times player1 '^joined' 2
echo "this is no certificate" >"$dir/relay.crt"
kill -s HUP "${pid[relay]}"
check "a broken file changes nothing" soon 5 said relay 'event=reload kept='
stop player2
need "the last good one is still there" client player2 player2
stop relay
check "starting with it fails: one sentence" ends_with 66 'certificate_unusable' vps "${relay_cmd[@]}" --cert "$dir/relay.crt" --key "$dir/relay.key"
lab_finish
