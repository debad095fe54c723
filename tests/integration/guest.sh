#!/usr/bin/env bash
# Guests: an invite of the host's that ends, what it opens until then, and what somebody makes of it who wants more.
# rows: H3
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open guest "$1"
new_code

build=$(cd "$bin/.." && pwd)
command -v openssl >/dev/null || lab_skip "needs openssl"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$dir/host.key" 2>/dev/null
print="sha256:$(openssl pkey -in "$dir/host.key" -pubout -outform der | sha256sum | cut -d' ' -f1)"

hosted_relay() { relay --state "$dir/state-relay" --workers 2 --join-rate 0; }
shifted() { echo "LD_PRELOAD=$build/tests/wrong_clock.so WRONG_CLOCK=$(($(date +%s) + $1))"; } # SECONDS: of a clock
keep_invite() { (umask 077 && echo "lanparty://$relay_ip/$code?pin=$pin" >"$dir/invite"); }
# The invite of a guest, which ends in so many seconds: the least that the program makes is a minute.
invite_for() { # SECONDS
	# shellcheck disable=SC2046 # two words
	env $(shifted $(($1 - 60))) "$bin/lanparty-gateway" invite --guest 1m --qr=no --config /dev/null --room-file "$dir/invite" --host-key "$dir/host.key"
}
guest() { # NAME PLACE INVITE
	mkdir -p "$dir/state-$2"
	start "$1" "$2" env STATE_DIRECTORY="$dir/state-$2" "$bin/lanparty-client" --tap "$tun" --name "$1" "$3"
}
comes() { guest "$1" "$2" "$3"; soon 10 said "$1" "$4"; } # NAME PLACE INVITE SENTENCE
ends() { soon "$1" not runs "$2"; }                        # SECONDS NAME

need "the relay starts" hosted_relay
keep_invite

# ---- who makes them
makes_no() { # STATUS SENTENCE WORD...
	ends_with "$1" "$2" gateway "$bin/lanparty-gateway" invite --qr=no --config /dev/null --room-file "$dir/invite" "${@:3}"
}
check "H3 without the host key there are no guests" makes_no 64 'only the room.s host can make an invite for guests' --guest 8h
check "H3 nor with a file that has none" makes_no 64 'no PEM private key' --guest 8h --host-key "$dir/invite"
for wrong in 8 h 0m 59s 367d 8h8 -1h 99999999999999999999d; do
	check "H3 no guest stays for $wrong" makes_no 64 'minutes, hours or days' --guest "$wrong" --host-key "$dir/host.key"
done
check "H3 no other command makes one" ends_with 64 'only the command invite' gateway "$bin/lanparty-gateway" setup --guest 8h --config /dev/null
check "H3 nor does a run of the client" ends_with 64 'only the command invite' gateway "$bin/lanparty-client" --guest 8h "lanparty://$relay_ip/$code?pin=$pin"
slow_clock() { LD_PRELOAD=$build/tests/wrong_clock.so WRONG_CLOCK=1000000000 makes_no 71 'its clock is wrong' --guest 8h --host-key "$dir/host.key"; }
check "H3 nor anybody whose clock is years behind" slow_clock
invite=$(invite_for 3600)
check "H3 the invite names the host" grep -qF "host=$print" <<<"$invite"
check "H3 and not the room" lacks -i "/[0-9a-z]|${code//-/}|$code" <<<"${invite#lanparty://}"
by_client=$("$bin/lanparty-client" invite --guest 8h --host-key "$dir/host.key" "lanparty://$relay_ip/$code?pin=$pin")
check "H3 the host makes one with the client, too" grep -qE "^lanparty://$relay_ip\?pin=$pin&host=$print&guest=[0-9a-f]{140}$" <<<"$by_client"
check "a guest makes none" ends_with 64 'this is an invite for guests: give the room.s own' gateway "$bin/lanparty-client" invite "$invite"

# ---- a room without a host
need "a player joins" client player1 player1
check "H3 a guest waits while the room has no host" comes early player2 "$invite" 'rejected reason=guest_waits'
gateway gateway --lan lan --host-key "$dir/host.key"
need "the host's gateway joins" joined gateway
check "H3 the guest comes in by itself" joined early
room_has player1 91
room_has player2 92
check "H3 it reaches the LAN" soon 5 reaches player2 $console_ip
check "H3 and the players" soon 3 reaches player2 192.168.77.91
check "H3 and knows the host" said early "^host news=right key=$print"
stop early
guest by_client player2 "$by_client"
check "H3 so does one with the client's invite" joined by_client
stop by_client

# ---- the end
start_s=$(date +%s)
invite=$(invite_for 8)
guest short player2 "$invite"
need "H3 a guest joins for some seconds" joined short
stop relay KILL
need "the relay starts again" hosted_relay
check "H3 the guest comes back" soon 4 said_times short '^joined ' 2
check "H3 at the end its program says why" soon 10 said short 'this guest invite has expired: ask your host for a new one'
left_after() { local s=$(($(date +%s) - start_s)); echo "$s s"; [ "$s" -ge 7 ] && [ "$s" -le 10 ]; }
check "H3 not before, and not much later" left_after
check "H3 and ends" ends 5 short
stop short
check "H3 as one that was refused" test "$status" = 75
check "H3 the players hear that it has left" soon 3 said player1 '^peer_left .*name=short'
check "H3 the invite opens nothing any more" comes again player2 "$invite" 'guest_expired'
stop again
check "the others stay" soon 5 reaches player1 $console_ip

# ---- who wants more
openssl x509 -in "$dir/relay.crt" -outform der -out "$dir/relay.der"
tries() {
	at player2 "$build/tests/stowaway" "$relay_ip:443" "$dir/relay.der" "$code" "$dir/host.key" >"$dir/stowaway" || return
	cat "$dir/stowaway"
	diff - <(grep -v '^changed ' "$dir/stowaway") <<-END && [ "$(grep -c '^changed guest_wrong$' "$dir/stowaway")" = 10 ]
		good joined
		ended guest_expired
		other_host guest_waits
		self_signed guest_wrong
		gateway not_host
		other_room guest_waits
		renamed_room guest_wrong
		short ends
		again guest_expired
		without_pass elsewhere
	END
}
check "H3 a guest gets in with the host's pass alone, and until its end" tries

# ---- the relay's clock
stop gateway
stop player1
stop relay
invite=$(invite_for 3600)
with_clock() { # SECONDS
	local name words
	read -ra words < <(shifted "$1")
	for name in relay gateway; do [ -z "${pid[$name]-}" ] || stop "$name"; done
	start relay vps env "${words[@]}" "$bin/lanparty-relay" --cert "$dir/relay.crt" --key "$dir/relay.key" --state "$dir/state-relay" --sandbox off
	ready relay '^listening on ' || return
	gateway gateway --lan lan --host-key "$dir/host.key"
}
need "a relay whose clock is two hours fast starts" with_clock 7200
check "H3 it takes the invite for an old one" comes fast player2 "$invite" 'guest_expired'
stop fast
need "a relay whose clock is two hours slow starts" with_clock -7200
check "H3 it lets in a guest whose time is over" comes slow player2 "$(invite_for -600)" '^joined '
stop slow
lab_finish
