#!/usr/bin/env bash
# The host key of a room: registered by the first gateway that has one, proven at each join, known to members. What
# the host can do with it, and nobody else.
# rows: N4 H3
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open host "$1"
new_code

# A host key, as setup makes it.
make_key() { # FILE
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null
}
print_of() { # FILE: the fingerprint
	echo "sha256:$(openssl pkey -in "$1" -pubout -outform der | sha256sum | cut -d' ' -f1)"
}
hosted_relay() { # the state folder outlives the relay
	relay --state "$dir/state-relay" --workers 2 --join-rate 0
}
lose_state() { rm -rf "$dir/state-relay"; }
book_has() { grep -q "^room [0-9a-f]\{64\} key [0-9a-f]\{128\} day [0-9]*$" "$dir/state-relay/hosts"; }
rejected() { ends_with 75 "$1" gateway env STATE_DIRECTORY="$dir" "$bin/lanparty-gateway" --lan lan --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room" "${@:2}"; }

build=$(cd "$bin/.." && pwd)
command -v openssl >/dev/null || lab_skip "needs openssl"
make_key "$dir/host.key"
make_key "$dir/other.key"
print=$(print_of "$dir/host.key")
other=$(print_of "$dir/other.key")

need "the relay starts" hosted_relay

# ---- without a key
need "a gateway without a key joins" gateway old --lan lan
need "a player joins" client player1 player1
room_has player1 91
check "they reach each other" soon 3 reaches player1 $console_ip
check "nobody is the host" lacks '^host ' "$dir/player1.out"

# ---- the first key
mkdir -p "$dir/state-new"
start new gateway env STATE_DIRECTORY="$dir/state-new" "$bin/lanparty-gateway" --lan lan --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room" --host-key "$dir/host.key"
need "N4 a gateway with a key replaces one without at once" soon 5 said new '^joined '
check "N4 the other one hears why" soon 5 said old 'with the room.s host key has come'
check "N4 and is refused from then on" soon 6 said old 'not_host'
check "N4 the player hears of the key" soon 5 said player1 "^host news=right key=$print"
check "the LAN is there" soon 3 reaches player1 $console_ip
stop old
check "N4 the relay writes it down" soon 5 book_has
check "N4 and nothing that opens the room" lacks "$code" "$dir/state-relay/hosts"
check "N4 only the relay reads it" test "$(stat -c %a "$dir/state-relay/hosts")" = 600
stop new
check "N4 no gateway without the key gets in" rejected not_host
check "N4 nor one with another key" rejected not_host --host-key "$dir/other.key"
need "N4 the host's gateway does" gateway gateway --lan lan --host-key "$dir/host.key"
check "player 1 reaches the LAN again" soon 3 reaches player1 $console_ip

# ---- who has not the key
openssl x509 -in "$dir/relay.crt" -outform der -out "$dir/relay.der"
tries() {
	cp "$dir/state-relay/hosts" "$dir/hosts.before"
	at player2 "$build/tests/intruder" "$relay_ip:443" "$dir/relay.der" "$code" "$dir/host.key" >"$dir/intruder" || return
	cat "$dir/intruder"
	[ "$(grep -c '_proof not_host$\|random_key not_host$' "$dir/intruder")" = 5 ] &&
		[ "$(grep -c '^act closed$' "$dir/intruder")" = 24 ] && [ "$(wc -l <"$dir/intruder")" = 29 ]
}
check "N4 H3 a member without the key, who sends whatever it likes, achieves nothing" tries
check "N4 H3 nothing has changed at the relay" diff "$dir/hosts.before" "$dir/state-relay/hosts"
check "N4 H3 nor for the player" soon 3 reaches player1 $console_ip
check "N4 H3 who has heard of no new name" lacks '^renamed ' "$dir/player1.out"

# ---- what the host can do
host_does() { at gateway "$bin/lanparty-gateway" "$@" --config /dev/null; }
says() { # STATUS REGEX WORD...: of a command of the host
	local got
	host_does "${@:3}" >"$dir/said" 2>&1
	got=$?
	cat "$dir/said"
	[ "$got" = "$1" ] && grep -qE "$2" "$dir/said"
}
comes() { # NAME PLACE SENTENCE: is refused
	start "$1" "$2" env STATE_DIRECTORY="$dir/state-$2" "$bin/lanparty-client" --tap "$tun" --name "$1" "lanparty://$relay_ip/$code?pin=$pin"
	soon 10 said "$1" "$3"
}
# Computers of their own, which a ban knows again.
for place in player1 player2; do echo "$place" | sha256sum | cut -c1-32 >"/etc/netns/$lab-$place/machine-id"; done
stop player1
need "player 1 joins as a computer of its own" client player1 player1 --name kit
need "player 2 joins" client player2 player2 --name zoe
room_has player1 91
room_has player2 92
check "the players reach each other" soon 3 reaches player1 192.168.77.92
check "H3 a member that is not there" says 75 'no such member' kick nobody
check "H3 no member" says 64 'which member' kick
check "H3 the host gives a player another name" says 0 '^done$' rename zoe='Zoë the second'
check "H3 which the others see" soon 5 said player1 '^renamed peer=[0-9]+ name="Zoë the second"'
check "H3 and the player" soon 5 said player2 '^renamed peer=0 name="Zoë the second"'
check "H3 the host isolates the players" says 0 '^done$' isolate
check "H3 they do not reach each other" not reaches player1 192.168.77.92
check "H3 but the LAN" soon 3 reaches player1 $console_ip
check "H3 the host ends that" says 0 '^done$' unisolate
check "H3 they reach each other again" soon 3 reaches player1 192.168.77.92
check "H3 the host kicks a player" says 0 '^done$' kick 'Zoë the second'
check "H3 the player's program ends, and says why" soon 5 said player2 'rejected.*the host has removed this computer'
check "H3 and is not let in again at once" comes player2 player2 'the host has removed this computer'
stop player2
check "H3 the host ends that" says 0 '^done$' unban
need "H3 the player is let in" client player2 player2 --name zoe
check "H3 the host bans the player" says 0 '^done$' ban zoe
check "H3 the player is out" soon 5 said player2 'the host has removed this computer'
stop player2
check "H3 the host locks the room" says 0 '^done$' lock
check "the relay has written that down" soon 5 grep -q ' locked$' "$dir/state-relay/hosts"
check "and nobody but its user reads it" test "$(stat -c %a "$dir/state-relay/hosts")" = 600
stop relay KILL
need "the relay starts again" hosted_relay
check "the gateway is back" soon 8 said_times gateway '^joined ' 2
rm -rf "$dir/state-player2" # with the MAC
mkdir "$dir/state-player2"
check "H3 the ban outlives the relay, with another MAC too" comes player2 player2 'the host has removed this computer'
stop player2
check "H3 so does the lock: a member comes back" soon 8 said_times player1 '^joined ' 2
check "H3 the host ends the ban" says 0 '^done$' unban zoe
check "H3 a newcomer does not get into the locked room" comes player2 player2 'the host has locked the room'
stop player2
check "H3 the host unlocks the room" says 0 '^done$' unlock
need "H3 now it does" client player2 player2 --name zoe
stop player2
check "H3 nobody else uses the socket" ends_with 77 'as root' gateway setpriv --reuid=daemon --clear-groups "$bin/lanparty-gateway" kick kit --config /dev/null
room_has player1 91

# ---- acts while no program of the host's runs
stop gateway
(umask 077 && echo "lanparty://$relay_ip/$code?pin=$pin" >"$dir/invite")
alone() { # STATUS REGEX PROGRAM PLACE WORD...
	at "$4" "$bin/lanparty-$3" "${@:5}" --config "$dir/none.conf" --room-file "$dir/invite" >"$dir/said" 2>&1
	local got=$?
	cat "$dir/said"
	[ "$got" = "$1" ] && grep -qE "$2" "$dir/said" && [ "$(wc -l <"$dir/said")" = 1 ]
}
touch "$dir/none.conf"
need "player 2 joins" client player2 player2 --name zoe
check "H3 without the key it says so" alone 69 'name the room.s host key' gateway gateway kick zoe
nameless() { ends_with "$1" "$2" vps "$bin/lanparty-client" kick zoe --host-key "$dir/host.key" "${@:3}"; } # of which room?
check "H3 and which room it is, if it does not know" nameless 64 'which room. Give --room-file'
unanswered() { # the reason is one of the connection's
	at vps "$bin/lanparty-client" kick zoe --host-key "$dir/host.key" --room "$code" --relay "$relay_ip:444" --relay-pin "$pin" >"$dir/said" 2>&1
	[ $? = 69 ] && grep -q 'event=refused reason="nothing listens at' "$dir/said"
}
check "H3 without a relay it says why" unanswered
check "H3 another key is of no use" alone 79 'another host key' client player1 kick zoe --host-key "$dir/other.key"
check "H3 the host sees that there is no such member" alone 75 'no such member' gateway gateway kick nobody --host-key "$dir/host.key"
check "H3 the host renames a player, from anywhere" alone 0 '^done$' client vps rename zoe=Zoë --host-key "$dir/host.key"
check "H3 which the player hears" soon 3 said player2 '^renamed peer=0 name="?Zoë'
check "H3 the host kicks a player" alone 0 '^done$' gateway gateway kick Zoë --host-key "$dir/host.key"
check "H3 who is out" soon 5 said player2 'the host has removed this computer'
stop player2
check "H3 the host ends that" alone 0 '^done$' gateway gateway unban --host-key "$dir/host.key"
printf 'room-file = %s\nhost-key = %s\n' "$dir/invite" "$dir/host.key" >"$dir/gateway.conf"
check "H3 the gateway's configuration names the key" ends_with 0 '^done$' gateway "$bin/lanparty-gateway" lock --config "$dir/gateway.conf"
check "H3 the room stays locked" comes player2 player2 'the host has locked the room'
stop player2
check "H3 the host unlocks it" ends_with 0 '^done$' gateway "$bin/lanparty-gateway" unlock --config "$dir/gateway.conf"
check "H3 only for a moment was anybody else there" said_times player1 '^peer_left .*role=client' 4

# ---- a relay that is restarted
stop relay KILL
need "the relay starts again" hosted_relay
check "N4 it knows the key" said relay 'event=hosts rooms=1'
check "N4 no gateway without the key gets in" rejected not_host
need "N4 the host's gateway does" gateway gateway --lan lan --host-key "$dir/host.key"
check "the player is back" soon 8 said_times player1 '^joined ' 3
check "player 1 reaches the LAN again" soon 5 reaches player1 $console_ip
check "N4 the player has heard of no other key" lacks '^host news=(lost|changed|unproven)' "$dir/player1.out"

# ---- a relay that has lost its state folder
stop gateway
stop relay KILL
lose_state
need "the relay starts without its state" hosted_relay
check "N4 the player notices" soon 8 said player1 '^host news=lost '
need "a gateway without a key joins" gateway gateway --lan lan
check "N4 the player does not trust it" soon 5 said player1 '^host news=unproven '
check "N4 and takes no frames from it" not reaches player1 $console_ip
start new gateway env STATE_DIRECTORY="$dir/state-new" "$bin/lanparty-gateway" --lan lan --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room" --host-key "$dir/host.key"
need "N4 the host's gateway replaces it" soon 5 said new '^joined '
check "N4 and is trusted" soon 5 said_times player1 "^host news=right key=$print" 2
check "player 1 reaches the LAN again" soon 5 reaches player1 $console_ip
stop gateway
stop new

# ---- another key
stop player1
stop relay
lose_state
need "the relay starts without its state" hosted_relay
need "somebody else registers a key" gateway gateway --lan lan --host-key "$dir/other.key"
start player1 player1 env STATE_DIRECTORY="$dir/state-player1" "$bin/lanparty-client" --tap "$tun" "lanparty://$relay_ip/$code?pin=$pin"
check "N4 a member that knew another key refuses it" soon 5 said player1 'event=disconnected reason="the room has another host key'
stop player1
check "N4 with a status of its own" test "$status" = 79
check "N4 it says which one it has seen" said player1 "^host news=changed key=$other"
mkdir -p "$dir/state-player2"
start player2 player2 env STATE_DIRECTORY="$dir/state-player2" "$bin/lanparty-client" --tap "$tun" "lanparty://$relay_ip/$code?pin=$pin&host=$print"
check "N4 so does a newcomer whose invite has the key" soon 5 said player2 'another host key'
stop player2
start player1 player1 env STATE_DIRECTORY="$dir/state-player1" "$bin/lanparty-client" --tap "$tun" "lanparty://$relay_ip/$code?pin=$pin&host=$other"
check "N4 a new invite of the host's tells of a new key" joined player1
stop player1
need "N4 which is remembered" client player1 player1
room_has player1 91
check "player 1 reaches the LAN" soon 5 reaches player1 $console_ip

# ---- a state folder in which nothing can be written for a while
chmod 555 "$dir/state-relay"
check "the host locks the room" says 0 '^done$' lock
check "H3 the relay says that it cannot write that down" soon 5 said relay 'hosts_not_written.*Permission denied.*tries again'
check "H3 once" stays 3 not said_times relay hosts_not_written 2
chmod 755 "$dir/state-relay"
check "H3 it does so when it can" soon 5 grep -q ' locked$' "$dir/state-relay/hosts"
check "H3 and says so" soon 2 said relay hosts_written
check "the host unlocks the room" says 0 '^done$' unlock

# ---- a bad file
stop gateway
stop relay
echo "room 12" >"$dir/state-relay/hosts"
check "N4 a relay does not start with a wrong file" ends_with 66 'hosts_failed.*line=1' vps "$bin/lanparty-relay" --cert "$dir/relay.crt" --key "$dir/relay.key" --state "$dir/state-relay"
check "N4 and leaves it alone" grep -qx 'room 12' "$dir/state-relay/hosts"
head -c 4096 /dev/zero >"$dir/state-relay/hosts"
check "N4 nor with one of zeros, as a power failure can leave it" ends_with 66 'hosts_failed.*line=1 .*copy' vps "$bin/lanparty-relay" --cert "$dir/relay.crt" --key "$dir/relay.key" --state "$dir/state-relay"
check "N4 which stays, too" test "$(stat -c %s "$dir/state-relay/hosts")" = 4096
rm "$dir/state-relay/hosts"
mkfifo "$dir/state-relay/hosts"
check "N4 nor does it wait for what is no file" ends_with 66 'hosts_failed' vps "$bin/lanparty-relay" --cert "$dir/relay.crt" --key "$dir/relay.key" --state "$dir/state-relay"

# ---- folders that root has made before
mkdir "$dir/of-root"
ln -s of-root "$dir/link"
need "the relay starts" relay --state "$dir/link"
check "N4 it says that it cannot write there" said relay 'hosts_not_kept.*Permission denied.*user of the relay'
need "a gateway joins whose socket is in such a folder" gateway gateway --lan lan
check "H3 its socket is its user's" test "$(stat -c %U "$dir/run/gateway/gateway.control")" = nobody
check "P1 the folder stays root's" test "$(stat -c %U "$dir/run/gateway")" = root
stop gateway
stop relay
check "a missing host key is said" ends_with 66 'cannot read the host key' gateway "$bin/lanparty-gateway" --lan lan --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room" --host-key "$dir/none.key"
check "a file that is no key too" ends_with 64 'no PEM private key' gateway "$bin/lanparty-gateway" --lan lan --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room" --host-key "$dir/room"
lab_finish
