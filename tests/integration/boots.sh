#!/usr/bin/env bash
# What is not there yet when a computer starts, or is away for a moment: name servers, cables, bridges, IPv6, the relay's
# address, the relay itself.
# rows: K6
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open boots "$1"
new_code

begins() { # NAME PLACE [OPTION...]: a client that need not join
	mkdir -p "$dir/state-$1"
	start "$1" "$2" env STATE_DIRECTORY="$dir/state-$1" "$bin/lanparty-client" --tap "$tun" "${@:3}" "lanparty://$relay_ip/$code?pin=$pin"
}
begins_gateway() { # [OPTION...]
	(umask 077 && echo "$code" >"$dir/room")
	mkdir -p "$dir/state-gateway"
	start gateway gateway env STATE_DIRECTORY="$dir/state-gateway" "$bin/lanparty-gateway" --relay $relay_ip --relay-pin "$pin" --room-file "$dir/room" "$@"
}
within() { # MILLISECONDS COMMAND...
	local start
	start=$(now)
	soon 20 "${@:2}" || return
	echo "after $((($(now) - start) / 1000)) ms"
	[ $(($(now) - start)) -le $(($1 * 1000)) ]
}

# ---- a computer without IPv6
at vps sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
check "K6 a relay on a computer without IPv6 listens" relay
check "K6 and serves players" client player1 player1
stop player1
stop relay
at vps sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
address vps wan 2001:db8:5::5/64
ip -n "$lab-vps" route replace default via 2001:db8:5::1

# ---- members first, then the relay, as after a power cut; and the cable of the LAN is not in
ip -n "$lab-switch" link set gateway down
begins player1 player1
begins_gateway --lan lan
check "K6 the player says that the relay is missing" soon 10 said player1 '^disconnected .*nothing listens at'
check "K6 the gateway, too" soon 10 said gateway '^disconnected .*nothing listens at'
check "K6 the gateway says that its cable is out" soon 5 said gateway 'lan_unreached .*no carrier'
sleep 12
need "the relay starts" relay
check "K6 the player is in the room 5 s later" within 5000 said player1 '^joined '
tail -n 1 "$dir/check.log"
check "K6 the gateway, too" within 5000 said gateway '^joined '
room_has player1 91
check "the LAN is not reached without its cable" not reaches player1 $console_ip
ip -n "$lab-switch" link set gateway up
check "K6 it is reached once the cable is in" within 5000 reaches player1 -W 1 $console_ip
stop gateway

# ---- a bridge that comes later
begins_gateway --bridge br0
check "K6 the gateway waits for its bridge, and says so" soon 5 said gateway 'event=interface_awaited interface=br0 .*no such interface yet'
sleep 1
check "K6 and is there" runs gateway
lab_bridge
check "K6 it joins once the bridge is there" within 8000 said gateway '^joined '
check "K6 the LAN is reached" within 8000 reaches player1 -W 1 $console_ip
stop gateway

# ---- the relay's address is away for a moment, as when a lease is renewed
ip -n "$lab-vps" address del 203.0.113.5/24 dev wan
sleep 3
address vps wan 203.0.113.5/24
ip -n "$lab-vps" route replace default via 203.0.113.1
begins_gateway --bridge br0
need "another gateway joins" joined gateway
check "K6 the player is reached once the relay's address is back" within 5000 reaches player1 -W 1 $console_ip
check "K6 without a new membership" not said_times player1 '^joined' 2
stop player1
stop relay

# ---- an IPv6 address that is still being probed for duplicates
at vps sysctl -qw net.ipv6.conf.wan.accept_dad=1 net.ipv6.conf.wan.dad_transmits=3
ip -n "$lab-vps" address add 2001:db8:5::77/64 dev wan
start relay vps env STATE_DIRECTORY="$dir/state-relay" "$bin/lanparty-relay" --cert "$dir/relay.crt" --key "$dir/relay.key" --listen '[2001:db8:5::77]:443'
check "K6 the relay waits for its IPv6 address" soon 8 said relay '^listening on \[2001:db8:5::77\]:443'
relay_ip='[2001:db8:5::77]'
check "K6 and serves players there" client player2 player2
stop player2
stop relay
relay_ip=203.0.113.5
need "the relay starts" relay

# ---- no name server is known yet
relay_ip=relay.test
: >"/etc/netns/$lab-player1/resolv.conf"
begins player1 player1
check "K6 without a name server the player waits, and says so" soon 15 said player1 'relay\.test.*(not known|name server|cannot be looked up)'
start names internet dnsmasq --keep-in-foreground --conf-file=/dev/null --no-hosts --no-resolv --address=/relay.test/203.0.113.5 \
	--listen-address=198.51.100.1 --bind-interfaces --user=root --log-facility=- --pid-file="$dir/names.pid"
echo "nameserver 198.51.100.1" >"/etc/netns/$lab-player1/resolv.conf"
check "K6 it joins once there is one" within 15000 said player1 '^joined '
tail -n 1 "$dir/check.log"
lab_finish
