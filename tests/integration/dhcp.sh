#!/usr/bin/env bash
# --dhcp: a DHCP client that fails, dies or may not run the script; no server; another LAN behind the room.
# rows: K1 K5 K6 S3
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
		mount -t tmpfs none /run # dhcpcd runs once for all interfaces with the same name, of any computer
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

keeper_of() { pgrep -P "${pid[$1]}" | head -n 1; } # NAME
folders() { find "$dir"/run/player[12] -mindepth 1 -maxdepth 1 -type d; }

need "the relay starts" relay

# ---- nobody answers, until the gateway comes
need "player 2, whose udhcpc cannot run the script, joins a room without a LAN" client_with player2 player2 "$confined $udhcpc"
need "player 1 joins it" client player1 player1 --dhcp
# The clients' logs say when: from the start, shortly before the join. The script can be late itself.
tells_of_silence() { # PLACE
	local ms
	soon 30 said "$1" 'dhcp_no_answer.*no DHCP server answers, because the room has no gateway' || return
	ms=$(($(told_at "$1" dhcp_no_answer) - $(told_at "$1" rights_dropped)))
	echo "after $ms ms"
	[ "$ms" -ge 10000 ] && [ "$ms" -lt 14000 ]
}
check "K6 it says after 10 s that no DHCP server answers, because the room has no gateway" tells_of_silence player1
check "K6 its DHCP client goes on asking" runs_dhcp player1
if [ -x $dhclient ] || [ -x $dhcpcd ]; then
	check "K6 player 2, whose first client fails, says so after 10 s, too" tells_of_silence player2
else
	left_out "K6 a DHCP client that fails does not delay the news" "no dhclient, no dhcpcd"
fi
stop player2
need "the gateway joins" gateway gateway --lan lan
check "K5 player 1 has an address soon after the gateway has come" soon 5 said player1 '^address ip=192.168.77'
check "K6 it has said so once" not said_times player1 dhcp_no_answer 2
leased=$(ip_of player1 "$tun")

check "the DHCP client's folder is root's alone" test "$(stat -c '%u %a' "$(folders)")" = '0 700'

# ---- it dies
for p in $(dhcp_pids player1); do kill -KILL "$p"; done
check "K6 one that is killed is missed" soon 5 said player1 'dhcp_ended.*started again'
check "K6 and another one runs" soon 5 runs_dhcp player1
check "the other one gets the same address" soon 5 said_times player1 "^address ip=$leased" 2
check "which the interface has" test "$(ip_of player1 "$tun")" = "$leased"

# ---- another LAN
another_lan() { # NETWORK of 24 bits, which its router and its DHCP server have
	stop dhcp
	ip -n "$lab-router" address flush dev lan scope global
	address router lan "$1.1/24"
	start dhcp router dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=lan --bind-interfaces \
		--dhcp-authoritative --no-ping --user=root --log-dhcp --log-facility=- --pid-file="$dir/dhcp.pid" \
		--dhcp-leasefile="$dir/leases.$1" --dhcp-range="$1.100,$1.150,1h"
	ready dhcp 'IP range'
}
stop gateway
another_lan 10.20.30
check "the old address stays meanwhile" test "$(ip_of player1 "$tun")" = "$leased"
need "a gateway to another LAN joins" gateway gateway --lan lan
check "K5 player 1 gets an address of it" soon 10 said player1 '^address ip=10\.20\.30\.'
check "K5 and has no other" test "$(ip_of player1 "$tun" | wc -w)" = 1
check "its router answers" soon 3 reaches player1 10.20.30.1

# ---- the same, and the gateway continues its membership, so that nobody sees it leave
stop gateway KILL
another_lan 10.20.40
need "a gateway that was killed comes back in another LAN" gateway gateway --lan lan
check "K5 player 1 gets an address of that LAN" soon 10 said player1 '^address ip=10\.20\.40\.'
check "K1 and has seen no gateway leave" not said_times player1 '^peer_left .*role=gateway' 2

# ---- a gateway without an IPv4 address, whose cable is put into another switch
ip -n "$lab-gateway" address flush dev lan scope global
check "the gateway has no address" soon 5 said gateway 'event=protected .*ipv4=0'
another_lan 10.20.50
ip -n "$lab-switch" link set gateway down
check "its cable is out" soon 10 said gateway 'lan_unreached .*no carrier'
ip -n "$lab-switch" link set gateway up
check "K5 player 1 gets an address of the LAN that is there then" soon 10 said player1 '^address ip=10\.20\.50\.'
# ---- the cable stays in, and the switch behind it is put into another LAN
ip -n "$lab-router" link set lan address 02:00:00:00:66:01
another_lan 10.20.60
start=$(now)
check "K5 player 1 gets an address of it" soon 10 said player1 '^address ip=10\.20\.60\.'
check "K5 within 6 s" test $(($(now) - start)) -lt 6000000
check "K5 the gateway says so" said gateway 'event=lan_changed '
check "its router answers there" soon 3 reaches player1 10.20.60.1
check "K1 and has seen no gateway leave" not said_times player1 '^peer_left .*role=gateway' 2
stop player1
check "S3 the lease was given back" soon 5 said dhcp 'DHCPRELEASE'
check "no DHCP client is left" not runs_dhcp player1
check "nor its folder is left" prints_nothing folders

# ---- the client or its keeper is killed
need "player 1 is back" client player1 player1 --dhcp
check "player 1 has an address again" soon 5 said player1 '^address .*source=dhcp'
keeper=$(keeper_of player1)
stop player1 KILL
check "a client that is killed leaves no keeper" soon 5 is_gone "$keeper"
check "no DHCP client is left by it" not runs_dhcp player1
check "and no folder is left by it" prints_nothing folders
need "it starts again" client player1 player1 --dhcp
check "player 1 has an address again" soon 5 said player1 '^address .*source=dhcp'
kill -s KILL "$(keeper_of player1)"
check "a keeper that is killed is missed" soon 5 said player1 'dhcp_ended.*start again'
check "the lost keeper is said once" stays 2 not said_times player1 'dhcp_(ended|client_failed|failed)' 2
check "the client stays in the room" runs player1
check "no DHCP client is left" soon 5 not runs_dhcp player1
stop player1 KILL
check "both were killed: the folder is left" test "$(folders | wc -l)" = 1
need "it starts again" client player1 player1 --dhcp
check "the next run removes it" test "$(folders | wc -l)" = 1
check "and has an address" soon 5 said player1 '^address .*source=dhcp'
check "and knows the server's MAC" soon 3 reaches player1 10.20.60.1
before=$(times dhcp DHCPRELEASE)
kill "$(keeper_of player1)"
check "a keeper that is told to end gives the lease back" soon 5 said_times dhcp DHCPRELEASE $((before + 1))
check "it says that it gave the lease back and ended" soon 5 said player1 'dhcp_ended.*start again'
check "and removes its folder" prints_nothing folders
check "the address is gone with the lease" soon 5 said player1 '^address_gone'
stop player1

# ---- clients that do not work
check "K6 a computer with broken clients joins all the same" client_with player1 player1 "$broken $udhcpc $dhclient $dhcpcd"
check "K6 it names each" soon 5 said player1 'dhcp_client_failed client=/usr/sbin/udhcpc code=3'
check "K6 and says that none works" soon 5 said player1 'dhcp_failed.*ip address add'
stop player1
if [ -x $dhclient ]; then
	check "a computer with a broken udhcpc joins" client_with player1 player1 "$broken $udhcpc"
	check "K6 the next client is taken" soon 15 said player1 '^address .*source=dhcp'
	stop player1
	check "a computer whose udhcpc cannot run the script joins" client_with player1 player1 "$confined $udhcpc"
	check "K6 the next client is taken" soon 20 said player1 '^address .*source=dhcp'
	check "K6 it names the likely cause" said player1 'dhcp_client_failed .*AppArmor'
	before=$(times dhcp DHCPRELEASE) start=$(now)
	stop player1
	check "it leaves within two seconds" test $(($(now) - start)) -lt 2000000
	check "dhclient has given the lease back" soon 5 said_times dhcp DHCPRELEASE $((before + 1))
	check "no DHCP client is left" not runs_dhcp player1
else
	left_out "K6 the next DHCP client is taken" "no dhclient"
fi
if [ -x $dhcpcd ]; then
	start=$(now)
	check "a computer with dhcpcd alone joins" client_with player2 player2 "- $udhcpc $dhclient"
	check "it has an address" soon 15 said player2 '^address .*source=dhcp'
	check "H6 in 1.5 s" test $(($(now) - start)) -lt 1500000
	leased=$(ip_of player2 "$tun") start=$(now)
	stop player2
	check "it leaves within a second" test $(($(now) - start)) -lt 1500000
	check "the lease was given back" soon 5 said dhcp "DHCPRELEASE.*$leased"
	check "no DHCP client is left" not runs_dhcp player2
else
	left_out "dhcpcd alone gives an address" "no dhcpcd"
fi
lab_finish
