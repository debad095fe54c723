#!/usr/bin/env bash
# Private relays: rooms of a file with limits of their own, an operator's token, and what the log says of members.
# rows: H3 N6 C5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open private "$1"
new_code

file=$dir/rooms
chmod 755 "$dir"
serves() { relay --rooms "$file" "$@"; }
refused() { # STATUS SENTENCE OPTION...: the relay does not start
	ends_with "$1" "$2" vps "$bin/lanparty-relay" --listen 4444 "${@:3}"
}
tries() { # PLACE [OPTION...]: a client that is refused
	start "tries-$1" "$1" env STATE_DIRECTORY="$dir" "$bin/lanparty-client" --tap lp9 "${@:2}" "lanparty://$relay_ip/$code?pin=$pin"
	soon 10 said "tries-$1" 'rejected reason='
	set -- $? "$1"
	stop "tries-$2"
	return "$1"
}
answer() { sed -n 's/.*event=rejected //p' "$dir/tries-$1.err"; } # PLACE
reload() { kill -HUP "${pid[relay]}"; }

# ---- a mistyped code opens no room
need "an open relay" relay --log-level debug
typo=${code%?}$([ "${code: -1}" = 0 ] && echo 1 || echo 0)
check "H3 a mistyped code is refused by the client" ends_with 64 'typing error' player1 "$bin/lanparty-client" --tap lp9 "lanparty://$relay_ip/$typo?pin=$pin"
check "H3 and by the gateway" ends_with 64 'typing error' gateway "$bin/lanparty-gateway" --lan lan --relay $relay_ip --relay-pin "$pin" --room "$typo"
check "H3 and by the gateway's setup" ends_with 64 'typing error' gateway "$bin/lanparty-gateway" setup --lan lan --config "$dir/none" --room-file "$dir/none" "lanparty://$relay_ip/$typo?pin=$pin"
check "the relay has not heard of it" lacks 'peer_joined|rejected|event=connection' "$dir/relay.err"
check "H3 the right one opens a room" client player1 player1
check "of which it hears" said relay 'event=peer_joined '
stop player1
stop relay

# ---- the file
known=$code
echo "$known rate=1M members" >"$file"
check "a bad file: the relay does not start, and names the line" refused 78 "rooms_unusable file=$file line=1 reason=.*members=N" --rooms "$file"
printf '# rooms\n\n%s\n' "$typo" >"$file"
check "a mistyped code in it" refused 78 "file=$file line=3 reason=.*typing error" --rooms "$file"
printf '%s\n%s\n' "$known" "$known" >"$file"
check "a room that stands twice" refused 78 "file=$file line=2 reason=.*twice" --rooms "$file"
check "no such file" refused 78 "rooms_unreadable file=$dir/none" --rooms "$dir/none"
check "no room at all" refused 64 'nobody could open a room' --open-rooms no

printf '# of our club\n%s members=1 rate=1M\n' "$known" >"$file"
chmod 600 "$file"
need "H3 a private relay starts" serves --log-level debug --workers 2 --client-burst 20K
check "it says how many rooms it knows" said relay 'event=rooms listed=1 open=no token=no'
need "H3 a listed room is opened" client player1 player1
check "the relay says from which address" said relay 'event=peer_joined .*role=client .*address=198[.]51[.]100[.]10:[0-9]+ over=udp$'
check "H3 it is full after one client" tries player2
full=$(answer player2)
check "H3 as the full one says" grep -q '^reason=room_full ' <<<"$full"
check "the refusal has its address, too" soon 5 said relay 'event=rejected reason=room_full address=192[.]0[.]2[.]10:[0-9]+$'
new_code
check "H3 an unknown room is refused" tries player2
check "H3 as the full one is" test "$(answer player2)" = "$full"
check "H3 a gateway, too" not gateway unknown --lan lan
check "in the same words" said unknown 'room_full'
stop unknown
guesses() { # five times at each of two workers, and once more
	local i
	for i in {1..11}; do
		new_code
		tries player2 || return
		! said tries-player2 'rejected reason=busy' || break
	done
	[ "$i" -gt 3 ] && said tries-player2 'rejected reason=busy'
}
check "N6 who guesses is told to wait" guesses
check "no room was opened" test "$(times relay 'event=peer_joined')" = 1

# ---- SIGHUP
other=$code
printf '%s members=nobody\n' "$known" >"$file"
reload
check "H3 a bad file keeps the rooms" soon 5 said relay 'event=reload kept=previous_rooms'
check "and names file and line" said relay "event=rooms_unusable file=$file line=1 "
check "the member stays" stays 1 not said player1 '^(left|disconnected|rejected)'
check "the member runs" runs player1
printf '%s members=4\n%s\n' "$known" "$other" >"$file"
reload
check "H3 a good one counts at once" soon 3 said relay 'event=rooms listed=2 '
elsewhere() { # COMMAND...: from an address that has guessed nothing
	code=$known "$@"
}
check "H3 the room has space for one more now" elsewhere client player3 internet
printf '%s members=1 rate=20K\n%s\n' "$known" "$other" >"$file"
reload
check "H3 nobody leaves because of a smaller number" stays 2 not said player3 '^left'
room_has player1 91
room_has internet 92
sends_much() {
	at player1 ping -q -w 5 -i 0.01 -s 1000 192.168.77.92
	said player1 '^limited limit=byte_rate rate=20480 '
}
check "H3 a member that is there keeps to the new rate" sends_much
made() { "$bin/lanparty-relay" new-room >"$dir/made"; }
check "H3 the operator makes a room" made
check "H3 with a code" grep -qE "^([0-9A-Z]{4}-){3}[0-9A-Z]{4}$" "$dir/made"
grep '^key:' "$dir/made" >"$file" # without the code
printf '%s\n' "$other" >>"$file"
reload
check "H3 a room that is listed no more is closed" soon 5 said player1 'operator has removed this room'
check "the relay says from which address its members came" soon 5 said relay 'event=peer_left .*reason=other .*address=198[.]51[.]100[.]10:[0-9]+$'
check "no room is left" soon 5 said relay 'event=peer_left .*room_closed=yes'
stop player1
stop player3
code=$(head -n 1 "$dir/made")
check "H3 who has the operator's code opens the room" client player1 player1
stop player1
stop relay

# ---- the operator's token
token=$("$bin/lanparty-client" new-room)
(umask 077 && printf '# hosts only\n%s\n' "$token" >"$dir/token")
need "H3 a relay that opens rooms to whoever knows the token" relay --token-file "$dir/token" --log-addresses no --log-level debug --listen 443
check "it knows no room" said relay 'event=rooms listed=0 open=no token=yes'
prints_token() {
	at vps "$bin/lanparty-relay" invite --public-name "$relay_ip" --config "$dir/none" --cert "$dir/relay.crt" --key "$dir/relay.key" --token-file "$dir/token" >"$dir/invite.out" &&
		grep -qx "lanparty://$relay_ip?pin=$pin&token=$token" "$dir/invite.out"
}
check "H3 its invite has the token" prints_token
new_code
check "H3 without the token, a room is refused" tries player1
check "with the words of a full one" said tries-player1 'rejected reason=room_full'
check "the log has no address" said relay 'event=rejected reason=room_full address=-$'
sets_up() {
	at gateway "$bin/lanparty-gateway" setup --lan lan --config "$dir/gateway.conf" --room-file "$dir/hosted" "$(cat "$dir/invite.out")" >"$dir/setup.out"
}
need "H3 the gateway is set up with it" sets_up
players=$(tail -n 1 "$dir/setup.out")
check "players do not get the token" lacks "token=|${token//-/}|$token" "$dir/setup.out"
hosts() {
	mkdir -p "$dir/state-gateway"
	start host gateway env STATE_DIRECTORY="$dir/state-gateway" "$bin/lanparty-gateway" --config "$dir/gateway.conf"
	joined host
}
plays() {
	start guest player1 env STATE_DIRECTORY="$dir" "$bin/lanparty-client" --tap "$tun" --dhcp "$players"
	joined guest
}
check "before, nobody opens the room" not plays
check "which is as a full one" said guest 'rejected reason=room_full'
stop guest
need "H3 the gateway opens the room" hosts
need "H3 a player joins without the token" plays
check "and reaches the LAN" soon 15 reaches player1 "$console_ip"
check "no address is in the log" lacks 'event=peer_.*address=[0-9[]' "$dir/relay.err"
check "nor the token" lacks "${token//-/}|$token" "$dir/relay.err"

# ---- what a minute has brought
check "C5 each member's figures are for debugging" soon 15 said relay 'level=debug event=stats .*role=client'
check "C5 a room has one line per minute" soon 70 said relay 'level=info event=room_stats room=[0-9]+ members=2 gateway=yes frames=[1-9][0-9]* bytes=[1-9][0-9]* drops=[0-9]+$'
check "and no more" test "$(times relay 'event=room_stats')" -le 2
lab_finish
