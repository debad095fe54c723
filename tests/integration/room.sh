#!/usr/bin/env bash
# End to end: remote players are in the LAN, with leases of its DHCP server.
# rows: P1 P3 P5 R8 C8 S3
# Usage: room.sh BIN [--bridge]
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
mode=${2-}
lab_open "room${mode#--}" "$1"
port=(--lan lan)
if [ "$mode" = --bridge ]; then
	lab_bridge
	port=(--bridge br0)
fi
new_code
cat >"$dir/lease" <<'EOM'
#!/bin/sh
# The script of udhcpc and dhclient: sets the address only, and records the lease.
case ${reason-$1} in
bound | BOUND)
	i=${interface-$INTERFACE}
	/sbin/ip address flush dev "$i" scope global
	/sbin/ip address add "${ip-$new_ip_address}/24" dev "$i"
	echo "lease ${ip-$new_ip_address} of ${serverid-$new_dhcp_server_identifier} router=${router-$new_routers} dns=${dns-$new_domain_name_servers}" >>"${0%/*}/noted"
	;;
esac
exit 0
EOM
chmod 755 "$dir/lease"
noted() { cat "$dir/noted" && grep -qxE "lease 192\.168\.77\.1[0-9]{2} of 192\.168\.77\.1 router= dns=" "$dir/noted"; }
by_udhcpc() {
	rm -f "$dir/noted"
	at player1 timeout 15 udhcpc -f -n -q -O router -O dns -i "$tun" -s "$dir/lease" && noted
}
by_dhclient() {
	rm -f "$dir/noted" "$dir"/dhclient.{leases,pid} # it would renew an old lease: another event
	: >"$dir/dhclient.conf"
	at player1 timeout 20 dhclient -1 -sf "$dir/lease" -cf "$dir/dhclient.conf" -lf "$dir/dhclient.leases" -pf "$dir/dhclient.pid" "$tun" &&
		soon 3 test -s "$dir/dhclient.pid" && # its child writes it, after the parent has ended
		kill "$(cat "$dir/dhclient.pid")" && noted
}
check_dhclient() { # TITLE: not every suite has it
	if command -v dhclient >/dev/null; then check "$1" by_dhclient; else left_out "$1" "no dhclient"; fi
}
is_json() { at vps /usr/bin/python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$dir/$1"; }

routes=$(at player1 ip route show default)
check "at first the player cannot reach the LAN" not reaches player1 $console_ip
# 20 MB would wait for the byte limit.
need "P1 the relay starts" relay --client-rate 0 --log-format json
check "P1 and prints its listen address for both families" said relay '"listening","address":"\[::\]:443'
need "P5 a client joins with an invite" client player1 player1
check "R8 it is the first: no gateway yet" said player1 '^joined room=[0-9]+ peer=[0-9]+ mtu=1500 gateway=no over=udp$'
room_has player1 91
check "without a gateway there is no LAN" not reaches player1 $console_ip
need "P3 R8 the gateway joins, and sees a gateway" gateway gateway "${port[@]}"
check "R8 the gateway is told that there is one" said gateway '^joined .*gateway=yes over=udp$'
check "C8 the client is told of it" soon 5 said player1 '^peer_joined peer=[0-9]+ role=gateway'
check "ping to the LAN" soon 3 reaches player1 $console_ip
check "ping from the LAN" reaches console 192.168.77.91
check "the LAN's own MACs are seen" sh -c "ip -n $lab-player1 neigh show $console_ip | grep -q $(mac_of console lan)"
check "and the player's in the LAN" sh -c "ip -n $lab-console neigh show 192.168.77.91 | grep -q $(mac_of player1 "$tun")"

ip -n "$lab-player1" address flush dev "$tun" scope global
check "S3 udhcpc gets a lease, without router and DNS" by_udhcpc
check_dhclient "S3 dhclient gets a lease, without router and DNS"
# The gateway leaves the options in: then the client removes them.
stop gateway
need "the gateway joins again, with --keep-default-route" gateway gateway "${port[@]}" --keep-default-route
check "and says that this changes nothing for players" said gateway 'keep_default_route'
check "S3 udhcpc still gets no router and DNS" by_udhcpc
check_dhclient "S3 dhclient still gets no router and DNS"
stop gateway
need "the gateway joins without it" gateway gateway "${port[@]}"
leased=$(ip_of player1 "$tun")

# The second one connects over IPv6 and a narrow path, and prints JSON.
ip -n "$lab-player2" link set wan mtu 1280
ip -n "$lab-internet" link set player2 mtu 1280
relay_ip='[2001:db8:5::5]'
need "P1 P5 a client joins by IPv6, over a path of 1280 bytes" client player2 player2 --dhcp --log-format json
relay_ip=203.0.113.5
check "R8 in JSON" said player2 '^\{"event":"joined","room":[0-9]+,"peer":[0-9]+,"mtu":1500,"gateway":true,"over":"udp"\}$'
check "S3 --dhcp gives it an address" soon 15 said player2 '"event":"address","ip":"192.168.77.1'
second=$(ip_of player2 "$tun")
check "its events are JSON" is_json player2.out
check "its log is JSON" is_json player2.err
check "the relay's log is JSON" is_json relay.err
check "C8 the first is told of the second" soon 5 said player1 '^peer_joined peer=[0-9]+ role=client mac=.*'
check "player to player" reaches player1 "$second"
check "and in the other direction" reaches player2 "$leased"

start serve console /usr/bin/python3 "$probe" serve 9000
ready serve serving
# What a path of 1500 bytes and the least one of QUIC carry, less the headers of QUIC, overlay, Ethernet, IPv4 and TCP.
declare -A segment=([player1]=1378 [player2]=1106)
for player in player1 player2; do
	check "$player: UDP" run_probe $player udp $console_ip 9000
	check "$player: 20 MB by TCP into the LAN" run_probe $player tcp $console_ip 9000 20000000
	check "$player: 20 MB by TCP out of the LAN" run_probe $player fetch $console_ip 9000 20000000
	check "$player: TCP segments fit one datagram" run_probe $player segment $console_ip 9000 "${segment[$player]}"
	check "$player: packets of 1500 bytes" reaches $player -M "do" -s 1472 $console_ip
	check "$player: and of no more" not reaches $player -M "do" -s 1473 $console_ip
done
check "broadcast: player to LAN" heard player2 console 255.255.255.255
check "broadcast: LAN to player" heard console player2 192.168.77.255
check "broadcast: player to player" heard player2 player1 255.255.255.255
check "multicast: player to LAN" heard player2 console 224.0.0.251
check "multicast: LAN to player" heard console player1 224.0.0.251 lan
address player2 "$tun" fd77::92/64
check "IPv6: link-local" soon 5 reaches player2 "$(link_local console lan)%$tun"
check "IPv6: ULA" reaches player2 fd77::20
check "IPv6: from the LAN" reaches console fd77::92
check "IPv6: full size" reaches player2 -M "do" -s 1452 fd77::20

if [ "$mode" = --bridge ]; then
	start boxserver gateway /usr/bin/python3 "$probe" serve 9001
	ready boxserver serving
	check "a game on the gateway's box: ping" reaches player1 192.168.77.2
	check "a game on the gateway's box: UDP" run_probe player1 udp 192.168.77.2 9001
	check "20 MB by TCP to it" run_probe player1 tcp 192.168.77.2 9001 20000000
	check "20 MB by TCP from it" run_probe player2 fetch 192.168.77.2 9001 20000000
	check "broadcast from a player" heard player2 gateway 255.255.255.255
else
	check "packet mode does not reach the gateway's own box" not reaches player1 192.168.77.2
fi
check "default routes are what they were" test "$(at player1 ip route show default)" = "$routes"
check "name servers too" test "$(at player2 cat /etc/resolv.conf)" = "nameserver 198.51.100.53"
lab_finish
