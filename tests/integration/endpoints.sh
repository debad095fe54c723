#!/usr/bin/env bash
# An invite with several endpoints: whatever is dead, blocked or wrong, a member joins by what works.
# rows: W1
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open endpoints "$1"
export LANPARTY_NO_TCP=yes # tcp.sh has TCP
new_code
relay_v6='[2001:db8:5::5]' dead=203.0.113.99

plays() { # NAME ENDPOINT [ENDPOINT...]: a client with a state of its own
	local first=$2 also=''
	shopt -s extglob
	for endpoint in "${@:3}"; do also+="&at=$endpoint"; done
	mkdir -p "$dir/state-$1"
	start "$1" player1 env STATE_DIRECTORY="$dir/state-$1" "$bin/lanparty-client" --tap "$tun" --log-level debug \
		"lanparty://$first/$code?pin=$pin$also"
	joined "$1"
}
tried() { times "$1" 'event=connecting '; } # NAME
tried_first() { grep -m1 'event=connecting ' "$dir/$1.err" | grep -F "address=$2"; } # NAME ADDRESS
hosts() { printf '%s relay.test\n' "$@" >"/etc/netns/$lab-player1/hosts"; } # ADDRESS...
blocks() { # [RULE...]: of nft, for what passes the internet
	at internet nft "add table inet w1; flush table inet w1; add chain inet w1 f { type filter hook forward priority 0; };$(printf ' %s;' "$@")"
}
works_again() { at internet nft 'flush table inet w1'; }
joins_by() { # TITLE MILLISECONDS ENDPOINT...
	local name=${1//[^a-z]/}
	check "W1 $1: joined" plays "$name" "${@:3}"
	check "W1 $1: within $2 ms" joined_within "$2" "$name"
	stop "$name"
}

need "the relay starts" relay --listen 443/udp --listen 4500/udp --open-rate 0 --join-rate 0

# ---- the first start
joins_by "nothing is wrong" 500 $relay_ip $relay_ip:4500
check "W1 and no second endpoint was tried" test "$(tried nothingiswrong)" = 1
blocks 'add rule inet w1 f udp dport 443 drop'
joins_by "the first port is blocked" 1000 $relay_ip $relay_ip:4500
check "W1 the next run tries what worked before" plays thefirstportisblocked $relay_ip $relay_ip:4500
check "W1 at first" tried_first thefirstportisblocked $relay_ip:4500
check "W1 and alone" test "$(tried thefirstportisblocked)" = 1
check "W1 it takes no longer than without the block" joined_within 300 thefirstportisblocked
stop thefirstportisblocked
check "W1 other endpoints, other memory" plays thefirstportisblocked $relay_ip:4500
check "W1 of the same relay" tried_first thefirstportisblocked $relay_ip:4500
stop thefirstportisblocked
works_again
joins_by "the first port has no relay" 300 $relay_ip:9 $relay_ip:4500
# The other endpoint's look-up can end first, and then nobody asks this one: at most 5 members, each with new states.
names_it() { # NAME PORT REGEX: of the endpoint that fails
	local i name
	for i in 1 2 3 4 5; do
		name=$1$i
		plays "$name" "$relay_ip:$2" "$relay_ip:4500" || return
		stop "$name"
		! said "$name" "event=connecting address=203\.0\.113\.5:$2 over=udp$" || break
	done
	said "$name" "endpoint_failed endpoint=203.0.113.5:$2 reason=\"$3"
}
check "W1 this endpoint is named" names_it noport 9 'nothing listens at'
hosts $dead $relay_ip
joins_by "the first of two addresses is dead" 1000 relay.test
hosts $relay_ip $dead
joins_by "the second of two addresses is dead" 500 relay.test
hosts 2001:db8:5::5 $relay_ip
blocks 'add rule inet w1 f meta nfproto ipv6 drop'
joins_by "IPv6 is broken" 1000 relay.test relay.test:4500
joins_by "IPv6 is broken, by number" 1000 "$relay_v6" $relay_ip
works_again
: >"/etc/netns/$lab-player1/hosts"
start names internet /usr/bin/python3 "$probe" names 198.51.100.53 $relay_ip
need "a name server answers that knows nothing of IPv6" ready names answering
joins_by "a name server is silent about IPv6" 500 slow.test
stop names
joins_by "the first name is not known" 1000 no-such.test $relay_ip

# ---- another relay at the first endpoint
"$bin/lanparty-relay" new-cert --cert "$dir/other.crt" --key "$dir/other.key" >"$dir/other.pin"
start other vps env STATE_DIRECTORY="$dir/state-other" "$bin/lanparty-relay" --cert "$dir/other.crt" --key "$dir/other.key" --listen 5000
need "another relay starts" ready other '^listening on '
joins_by "the first endpoint has another certificate" 500 $relay_ip:5000 $relay_ip
check "W1 this endpoint is named, too" names_it otherrelay 5000 'the relay.s certificate is not the pinned one'
check "W1 alone it is refused" ends_with 79 'not the pinned one' player1 \
	"$bin/lanparty-client" check "lanparty://$relay_ip:5000/$code?pin=$pin&at=$relay_ip:5000"
stop other

# ---- nothing works
blocks "add rule inet w1 f udp dport 4500 drop" "add rule inet w1 f tcp dport 4500 drop"
check "W1 nobody can join" not plays nobody $relay_ip:9 $relay_ip:4500 no-such.test
check "W1 it tries twice" soon 20 said_times nobody '^disconnected ' 2
for words in '203.0.113.5:9 reason="nothing listens' '203.0.113.5:4500 reason="the relay does not answer' 'no-such.test reason="the address of no-such.test is not known'; do
	check "W1 it is said once: ${words%% *}" test "$(times nobody "endpoint_failed endpoint=$words")" = 1
done
check "W1 and the likeliest cause" said nobody '^disconnected reason="nothing listens at'
stop nobody

# ---- the commands
check "W1 check takes several endpoints" ends_with 0 'answered address=203.0.113.5:443' player1 \
	"$bin/lanparty-client" check "lanparty://$relay_ip:4500/$code?pin=$pin&at=$relay_ip"
check "W1 so does --relay" ends_with 0 'answered address=203.0.113.5:443' player1 \
	"$bin/lanparty-client" check --relay $relay_ip:4500 --relay $relay_ip --relay-pin "$pin" --room "$code"
check "W1 a fifth one is refused" ends_with 64 'relay' player1 \
	"$bin/lanparty-client" check --relay a --relay b --relay c --relay d --relay e --room "$code"
check "W1 the relay's invite has them" ends_with 0 "^lanparty://play.test[?]pin=$pin&at=play.test:4500&at=\[2001:db8:5::5\]$" vps \
	"$bin/lanparty-relay" invite --cert "$dir/relay.crt" --key "$dir/relay.key" --public-name play.test \
	--also play.test:4500 --also '[2001:db8:5::5]'
(umask 077 && echo "lanparty://$relay_ip:4500/$code?pin=$pin&at=$relay_ip" >"$dir/room")
check "W1 and the gateway's" ends_with 0 "^lanparty://$relay_ip:4500/.*&at=$relay_ip$" gateway \
	"$bin/lanparty-gateway" invite --room-file "$dir/room" --config /dev/null
mkdir -p "$dir/state-gateway"
start gateway gateway env STATE_DIRECTORY="$dir/state-gateway" "$bin/lanparty-gateway" --lan lan --room-file "$dir/room"
check "W1 the gateway joins by the second one" joined gateway
check "W1 within 1000 ms" joined_within 1000 gateway
works_again

# ---- a port that is blocked under a member
check "W1 a player joins" plays player1 $relay_ip $relay_ip:4500
peer=$(told player1 '^joined' | grep -o 'peer=[0-9]*')
blocks 'add rule inet w1 f udp dport 443 drop' 'add rule inet w1 f udp sport 443 drop'
# A connection ends after 15 to 30 s of silence.
check "W1 its port is blocked: it is back by the other one" soon 32 said_times player1 '^joined' 2
check "W1 as the same member" test "$(told player1 '^joined' | grep -o 'peer=[0-9]*')" = "$peer"
check "W1 nobody was told that it left" lacks '^peer_left' "$dir/gateway.out"
lab_finish
