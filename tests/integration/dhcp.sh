#!/usr/bin/env bash
# --dhcp: a DHCP client that fails, dies or may not run the script; no server; another LAN behind the room.
# rows: K5 K6 S3
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open dhcp "$1"
new_code
broken=$dir/broken confined=$dir/confined
printf '#!/bin/sh\nexit 3\n' >"$broken"
# What AppArmor's profile of dhclient does: the script cannot be started.
printf '#!/bin/sh\nexec sleep 1000\n' >"$confined"
chmod 755 "$broken" "$confined"

# A player's computer on which FILE replaces each of the named programs ("-" removes it).
client_with() { # NAME PLACE "FILE PROGRAM..." [OPTION...]
	local hide=$3
	mkdir -p "$dir/state-$2"
	# shellcheck disable=SC2016 # $0, $@: of the inner shell
	start "$1" "$2" unshare -m --propagation private bash -c '
		read -ra words <<<"$0"
		[ "${words[0]}" != - ] || words[0]=/dev/null
		for file in "${words[@]:1}"; do [ ! -e "$file" ] || mount --bind "${words[0]}" "$file"; done
		exec "$@"' "$hide" env STATE_DIRECTORY="$dir/state-$2" "$bin/lanparty-client" --tap "$tun" --dhcp \
		"${@:4}" "lanparty://$relay_ip/$code?pin=$pin"
	joined "$1"
}
udhcpc="/usr/bin/busybox /usr/sbin/udhcpc" dhclient=/usr/sbin/dhclient dhcpcd=/usr/sbin/dhcpcd
# The DHCP clients that run at a place.
dhcp_pids() { # PLACE
	local p
	for p in $(ip netns pids "$lab-$1"); do
		tr '\0' ' ' <"/proc/$p/cmdline" 2>/dev/null | grep -qE '^(udhcpc|dhclient|dhcpcd|busybox udhcpc)' && echo "$p"
	done
}
runs_dhcp() { [ -n "$(dhcp_pids "$1")" ]; }

need "the relay starts" relay

# ---- nobody answers, until the gateway comes
need "player 1 joins a room without a LAN" client player1 player1 --dhcp
check "K6 it says that nobody hands out addresses" soon 14 said player1 'dhcp_no_answer.*nobody in the room hands out'
check "K6 it goes on" runs_dhcp player1
need "the gateway joins" gateway gateway --lan lan
check "K5 player 1 has an address soon after the gateway has come" soon 5 said player1 '^address ip=192.168.77'
check "K6 it has said so once" not said_times player1 dhcp_no_answer 2
leased=$(ip_of player1 "$tun")

# ---- it dies
for p in $(dhcp_pids player1); do kill -KILL "$p"; done
check "K6 one that is killed is missed" soon 3 said player1 'dhcp_ended.*started again'
check "K6 and another one runs" soon 5 runs_dhcp player1
check "with the same address" soon 5 said_times player1 "^address ip=$leased" 2
check "which the interface has" test "$(ip_of player1 "$tun")" = "$leased"

# ---- another LAN
stop gateway
stop dhcp
ip -n "$lab-router" address flush dev lan scope global
address router lan 10.20.30.1/24
start dhcp router dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=lan --bind-interfaces \
	--dhcp-authoritative --no-ping --user=root --log-dhcp --log-facility=- --pid-file="$dir/dhcp.pid" \
	--dhcp-leasefile="$dir/leases.new" --dhcp-range=10.20.30.100,10.20.30.150,1h
soon 5 said dhcp 'IP range'
check "the old address stays meanwhile" test "$(ip_of player1 "$tun")" = "$leased"
need "a gateway to another LAN joins" gateway gateway --lan lan
check "K5 player 1 gets an address of it" soon 10 said player1 '^address ip=10\.20\.30\.'
check "K5 and has no other" test "$(ip_of player1 "$tun" | wc -w)" = 1
check "its router answers" soon 3 reaches player1 10.20.30.1
stop player1
check "S3 the lease was given back" soon 2 said dhcp 'DHCPRELEASE'
check "no DHCP client is left" not runs_dhcp player1

# ---- clients that do not work
check "K6 a computer with broken clients joins all the same" client_with player1 player1 "$broken $udhcpc $dhclient $dhcpcd"
check "K6 it names each" soon 5 said player1 'dhcp_client_failed client=/usr/sbin/udhcpc code=3'
check "K6 and says that none works" soon 5 said player1 'dhcp_failed.*ip address add'
stop player1
if [ -x $dhclient ]; then
	check "a computer with a broken udhcpc joins" client_with player1 player1 "$broken $udhcpc"
	check "K6 the next client is taken" soon 15 said player1 '^address '
	stop player1
	check "a computer whose udhcpc cannot run the script joins" client_with player1 player1 "$confined $udhcpc"
	check "K6 the next client is taken" soon 20 said player1 '^address '
	check "K6 it names the likely cause" said player1 'dhcp_client_failed .*AppArmor'
	stop player1
fi
if [ -x $dhcpcd ]; then
	check "a computer with dhcpcd alone joins" client_with player2 player2 "- $udhcpc $dhclient"
	check "it has an address" soon 15 said player2 '^address '
	leased=$(ip_of player2 "$tun") start=${EPOCHREALTIME/./}
	stop player2
	check "it leaves within a second" test $((${EPOCHREALTIME/./} - start)) -lt 1500000
	check "the lease was given back" soon 2 said dhcp "DHCPRELEASE.*$leased"
	check "no DHCP client is left" not runs_dhcp player2
fi
lab_finish
