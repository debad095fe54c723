#!/usr/bin/env bash
# Members where UDP is blocked: over TCP, through proxies and a TCP load balancer, and back to UDP.
# rows: W2
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
for program in tinyproxy squid haproxy; do type -P $program >/dev/null || lab_skip "needs $program: tools/setup --packages test"; done
lab_open tcp "$1"
new_code
outside=198.51.100.1 # the computer in player1's network that leads outside

blocks() { # [RULE...]: of nft, for what passes the internet
	at internet nft "add table inet w2; flush table inet w2; add chain inet w2 f { type filter hook forward priority 0; };$(printf ' add rule inet w2 f %s;' "$@")"
}
works_again() { at internet nft 'flush table inet w2'; }
plays() { # NAME PLACE ENDPOINT [OPTION...]: a client with a state of its own
	mkdir -p "$dir/state-$1"
	start "$1" "$2" env STATE_DIRECTORY="$dir/state-$1" "$bin/lanparty-client" --tap "$tun" "${@:4}" "lanparty://$3/$code?pin=$pin"
	joined "$1"
}
joins_over() { # TITLE MILLISECONDS WAY ENDPOINT [OPTION...]
	local name=${1//[^a-zA-Z]/}
	check "W2 $1: joined over $3" joins_as "$name" "$3" "${@:4}"
	check "W2 $1: within $2 ms" joined_within "$2" "$name"
	stop "$name"
}
joins_as() { plays "$1" player1 "${@:3}" && said "$1" "^joined .*over=$2$"; } # NAME WAY ENDPOINT [OPTION...]
# Checks that fail take 5 s each, so they run beside each other.
tries() { start "$1" player1 "$bin/lanparty-client" check "${@:3}" "lanparty://$2/$code?pin=$pin"; } # NAME ENDPOINT [OPTION...]
fails_with() { # NAME REGEX: no way works, and a sentence says why
	soon 10 not runs "$1" || return
	wait "${pid[$1]}"
	[ $? = 69 ] || { echo "exit status $?"; return 1; }
	cat "$dir/$1.err"
	said "$1" "$2"
}

echo "$relay_ip only-there.test" >"/etc/netns/$lab-internet/hosts"
# It takes seconds to start.
cat >"$dir/squid.conf" <<-END
	http_port $outside:3128
	auth_param basic program /usr/lib/squid/basic_ncsa_auth $dir/squid.users
	acl known proxy_auth REQUIRED
	http_access allow known
	http_access deny all
	cache deny all
	cache_effective_user proxy
	memory_cache_shared off
	pid_filename none
	access_log none
	cache_log stdio:/dev/stderr
	netdb_filename none
	pinger_enable off
	shutdown_lifetime 0 seconds
	coredump_dir /
END
printf 'zoe:%s\n' "$(openssl passwd -apr1 'p@ss word')" >"$dir/squid.users"
start squid internet squid -n "lp$$" -N -f "$dir/squid.conf"

need "the relay starts" relay --open-rate 0 --join-rate 0
need "the gateway joins" gateway gateway --lan lan
check "W2 over UDP, when nothing is blocked" said gateway '^joined .*over=udp$'

# ---- UDP is blocked
blocks 'ip saddr 198.51.100.10 udp dport 443 drop'
joins_over "UDP is dropped" 3000 tcp $relay_ip
check "W2 a warning says so once" test "$(times UDPisdropped 'event=udp_blocked ')" = 1
joins_over "UDP is dropped" 1000 tcp $relay_ip # what worked is known
check "W2 check says so, too" ends_with 0 '^answered address=203.0.113.5:443 .*over=tcp$' player1 \
	"$bin/lanparty-client" check "lanparty://$relay_ip/$code?pin=$pin"
tries notcp $relay_ip --no-tcp
check "W2 nor with another pin" ends_with 79 'not the pinned one' player1 \
	"$bin/lanparty-client" check "lanparty://$relay_ip/$code?pin=sha256:$(printf '%064d' 0)"
blocks 'ip saddr 198.51.100.10 udp dport 443 reject with icmp admin-prohibited'
joins_over "a firewall rejects UDP" 700 tcp $relay_ip
check "W2 with --no-tcp nobody gets in" fails_with notcp 'the relay does not answer at 203.0.113.5:443'

# ---- it works again
blocks 'ip saddr 198.51.100.10 udp dport 443 drop'
check "W2 a player joins over TCP" joins_as player tcp $relay_ip
room_has player1 91
check "W2 and reaches the LAN" soon 5 reaches player1 $console_ip
status_of() { at player1 "$bin/lanparty-client" status --tap "$tun" "$@" | tee "$dir/status"; }
status_has() { status_of --json | grep -q "\"over\":\"$1\""; }
check "W2 its status says tcp" status_has tcp
check "W2 as text, too" eval "status_of | grep -q ' by tcp$'"
# Whatever routes the room brings.
ip -n "$lab-player1" route add $relay_ip/32 dev "$tun"
check "W2 a route into the room does not capture it" stays 3 reaches player1 $console_ip
ip -n "$lab-player1" route del $relay_ip/32 dev "$tun"
moves player1 198.51.100.12 $outside
blocks 'ip saddr 198.51.100.12 udp dport 443 drop'
check "W2 it joins again at once with another address" soon 4 said_times player '^joined .*over=tcp$' 2
check "W2 and reaches the LAN" soon 5 reaches player1 $console_ip
start echo game "$bin/../tests/game" echo $game_ip:5000
ready echo listening
start play player1 "$bin/../tests/game" play $game_ip:5000 4 64 16
sleep 1
works_again
address player1 wan 198.51.100.10/24 # a change of networks: UDP is tried at once
check "W2 it is back on UDP" soon 5 said player 'event=way_changed over=udp'
check "W2 its status says udp" status_has udp
check "W2 the game ends" soon 10 said play '"lost"'
check "W2 it has lost nothing" said play '"lost": *0[,}]'
check "W2 nobody was told that it left" lacks '^peer_left .*player1' "$dir/gateway.out"
check "W2 it has not joined again" test "$(times player '^joined')" = 2
check "W2 its TCP connection is closed" soon 5 prints_nothing at player1 ss -Htn state established
stop player
moves player1 198.51.100.10 $outside

# ---- a page of somebody else: a hotspot before the login
start page internet openssl s_server -accept 8443 -cert "$dir/relay.crt" -key "$dir/relay.key" -www -quiet
at internet nft 'add table ip hotspot; add chain ip hotspot n { type nat hook prerouting priority -100; }; add rule ip hotspot n ip saddr 198.51.100.10 ip daddr 203.0.113.5 tcp dport 443 redirect to :8443'
blocks 'ip saddr 198.51.100.10 ip daddr 203.0.113.5 drop'
tries page_there $relay_ip

# ---- a load balancer that passes TCP on, and is the only way
cat >"$dir/haproxy.cfg" <<-END
	defaults
	    mode tcp
	    timeout connect 5s
	    timeout client 1h
	    timeout server 1h
	frontend front
	    bind $outside:443
	    default_backend relay
	backend relay
	    server relay $relay_ip:443
END
balancer() { start haproxy internet haproxy -db -f "$dir/haproxy.cfg"; soon 5 listens 443; }
listens() { at internet ss -Htln | grep -q "$outside:$1 "; } # PORT
need "HAProxy starts" balancer
joins_over "through HAProxy" 3000 tcp $outside
check "W2 a player joins through HAProxy" joins_as cut tcp $outside
sleep 1 # it joins again at once if it was in the room for that long
stop haproxy KILL
check "W2 a cut stream is noticed" soon 3 said cut '^disconnected reason="the TCP connection to 198.51.100.1:443 was closed'
need "HAProxy starts again" balancer
check "W2 and made again" soon 6 said_times cut '^joined .*over=tcp$' 2
check "W2 with the same membership" lacks '^peer_left .*player1.*(timed_out|normal)' "$dir/gateway.out"
stop cut
stop haproxy
check "W2 a web page in place of the relay is told" fails_with page_there 'a web page .HTTP status 200. answers in place of the relay'
at internet nft 'delete table ip hotspot'
stop page

# ---- proxies: nothing else leads outside
blocks 'ip saddr 198.51.100.10 drop'
cat >"$dir/tiny.conf" <<-END
	Port 8888
	Listen $outside
	ConnectPort 443
	LogFile "$dir/tiny.log"
	LogLevel Error
	User root
END
start tiny internet tinyproxy -d -c "$dir/tiny.conf"
need "tinyproxy starts" soon 5 listens 8888
joins_over "through tinyproxy" 3000 tcp $relay_ip --proxy http://$outside:8888
joins_over "by a name that only the proxy knows" 3000 tcp only-there.test --proxy http://$outside:8888
export https_proxy=http://$outside:8888
joins_over "by https proxy" 3000 tcp $relay_ip
unset https_proxy
tries refused $relay_ip:4500 --proxy http://$outside:8888
tries noproxy $relay_ip --proxy http://$outside:8889
need "squid starts" soon 10 listens 3128
rm -f "/dev/shm/lp$$-"* # it has them open
tries password $relay_ip --proxy http://$outside:3128
tries wrong $relay_ip --proxy http://zoe:no@$outside:3128
joins_over "through squid with a password" 3000 tcp $relay_ip --proxy "http://zoe:p%40ss%20word@$outside:3128"
check "W2 a proxy that refuses is told" fails_with refused 'refuses a connection to the relay 203.0.113.5:4500 .HTTP status 403'
check "W2 a proxy that does not run is told" fails_with noproxy "nothing listens at the proxy $outside:8889"
check "W2 a proxy that wants a password is told" fails_with password "the proxy $outside:3128 wants a user and a password"
check "W2 a wrong password is told" fails_with wrong 'does not take this user and password'
lab_finish
