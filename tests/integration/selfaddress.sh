#!/usr/bin/env bash
# Addresses without a DHCP server, and with one that comes, goes and is silent.
# rows: H6 K5 N5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open selfaddress "$1"
new_code

room_ip() { ip -n "$lab-$1" -4 -o address show "$tun" | sed -n 's,.* inet \(10\.[0-9.]*\)/24 .*,\1,p'; }
has_room() { [ -n "$(room_ip "$1")" ]; }
has_none() { ! has_room "$1"; }
leased() { grep -q 'inet 192\.168\.77\.1[0-9][0-9]/24' <<<"$(ip -n "$lab-$1" -4 -o address show "$tun")"; }
has_one() { [ "$(ip -n "$lab-$1" -4 -o address show "$tun" | wc -l)" = 1 ]; }
reach_each_other() {
	local from to
	for from in "$@"; do
		for to in "$@"; do soon 3 reaches "$from" "$(room_ip "$to")" || return; done
	done
}
has_ip() { [ "$(ip_of "$1" "$tun")" = "$2" ]; } # PLACE ADDRESS
# How many milliseconds after its join a player has announced its address: by the relay's log.
took() { # PLACE
	local joined arp
	joined=$(grep -E "event=peer_(joined|resumed) .* mac=$(mac_of "$1" "$tun") " "$dir/relay.err" | tail -n 1)
	arp=$(sed "1,/^${joined%% *} /d" "$dir/relay.err" | grep -m 1 "event=frame .* src=$(mac_of "$1" "$tun") .* type=0x0806 ")
	[ -n "$joined" ] && [ -n "$arp" ] && echo $(($(ms_of "$arp") - $(ms_of "$joined")))
}
took_between() { # LEAST MOST PLACE: in milliseconds
	local ms
	ms=$(took "$3") || { echo "no join, or no announcement"; return 1; }
	echo "$3 has an address $ms ms after the join" | tee -a "$dir/times"
	[ "$ms" -ge "$1" ] && [ "$ms" -le "$2" ]
}
in_time() { # MILLISECONDS PLACE TEST [OPTION...]: it joins, and has an address so soon
	launch "$2" "${@:4}"
	joined "$2" && soon 10 "$3" "$2" && soon 5 took "$2" && took_between 0 "$1" "$2"
}
launch() { # PLACE [OPTION...]: a member with the name of its place
	mkdir -p "$dir/state-$1"
	start "$1" "$1" env STATE_DIRECTORY="$dir/state-$1" "$bin/lanparty-client" --tap "$tun" "${@:2}" "lanparty://${through-$relay_ip}/$code?pin=$pin"
}
no_clients() { # hides every DHCP client
	local file
	for file in /usr/sbin/udhcpc /sbin/udhcpc /usr/sbin/dhclient /sbin/dhclient /usr/sbin/dhcpcd /usr/bin/busybox; do
		[ ! -e "$file" ] || mount --bind /dev/null "$file"
	done
}
dhcp_again() {
	start dhcp router dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=lan --bind-interfaces \
		--dhcp-authoritative --no-ping --user=root --log-facility=- --pid-file="$dir/dhcp.pid" \
		--dhcp-leasefile="$dir/leases" --dhcp-range=192.168.77.100,192.168.77.150,1h
	ready dhcp 'IP range'
}

need "the relay starts" relay --log-level frame

# ---- no gateway; player 3's computer is called internet here
check "H6 without a gateway, player 1 has an address in half a second" in_time 500 player1 has_room
check "H6 player 2 too" in_time 500 player2 has_room
check "H6 player 3 too" in_time 500 internet has_room
first=$(room_ip player1) second=$(room_ip player2)
check "H6 they reach each other" reach_each_other player1 player2 internet
check "H6 a game's broadcast gets across" heard player1 internet 255.255.255.255
check "H6 the event says where it comes from" said player1 "^address ip=$first prefix=24 source=room"
stop player1
need "player 1 joins again" in_time 500 player1 has_room
check "H6 it has the same address" test "$(room_ip player1)" = "$first"
stop relay KILL
need "the relay starts anew" relay --log-level frame
check "player 1 is back" soon 10 said_times player1 '^joined ' 2
check "H6 with the same address" test "$(room_ip player1)" = "$first"
check "H6 which player 2 reaches" soon 10 reaches player2 "$first"

# ---- a gateway that comes, goes, and comes again
need "the gateway joins" gateway gateway --lan lan
check "H6 player 1 gets a lease" soon 5 leased player1
check "H6 and gives up the other address" soon 5 has_one player1
check "H6 player 2 gets a lease" soon 5 leased player2
stop internet
stop gateway
check "H6 without the gateway they have both" soon 5 has_room player1
check "H6 player 2 too" soon 5 has_room player2
check "the lease stays" leased player1
check "they have the same addresses as before" test "$(room_ip player1) $(room_ip player2)" = "$first $second"
need "player 3 comes back" in_time 500 internet has_room
check "H6 members with and without a lease reach each other" reach_each_other player1 player2 internet
check "H6 player 3 can answer a game's broadcast" heard player1 internet 255.255.255.255
check "the broadcast comes from an address of the room" said hear "heard from .*$first"
stop internet
need "the gateway joins again" gateway gateway --lan lan
check "H6 player 1 has the lease alone" soon 5 has_one player1
check "H6 that address is a lease" leased player1
check "it reaches the LAN" soon 3 reaches player1 $console_ip
stop player1
mkfifo "$dir/settings"
exec 9<>"$dir/settings"
input=$dir/settings start impair vps "$bin/../tests/impair" $relay_ip:4443 $relay_ip:443
need "a slow path is there" ready impair forwarding
echo "delay=25" >&9
through=$relay_ip:4443
check "H6 with a round trip of 50 ms, a lease is there in 1.5 s" in_time 1500 player1 leased
unset through

# ---- an address set by hand
before=$(times dhcp DHCPRELEASE)
check "player 1 sets an address" address player1 "$tun" 192.168.77.91/24
check "S3 the lease is given back" soon 5 said_times dhcp DHCPRELEASE $((before + 1))
check "H6 which is the only one then" soon 5 has_one player1
check "H6 the address stays the only one" stays 1 has_one player1
check "player 1 reaches the LAN" soon 3 reaches player1 $console_ip

# ---- a server that is silent
stop dhcp
stop player2
launch player2

# ---- the player's choice
stop player1
need "player 1 chooses an address" client player1 player1 --address 192.168.77.92/24
check "H6 player 1 has the chosen address" soon 5 has_ip player1 192.168.77.92
check "and reaches the LAN" soon 3 reaches player1 $console_ip
for wrong in 192.168.77.92 192.168.77.92/33 192.168.77.92/7 224.0.0.1/24 0.0.0.0/24 1.2.3.4/24x maybe; do
	check "H6 $wrong is refused" ends_with 64 'address' player1 "$bin/lanparty-client" --address $wrong "lanparty://$relay_ip/$code?pin=$pin"
done
check "--dhcp with another choice, too" ends_with 64 'contradict' player1 "$bin/lanparty-client" --dhcp --address none "lanparty://$relay_ip/$code?pin=$pin"

check "H6 with a silent server, player 2 gets the room's address" soon 20 has_room player2
check "H6 and announces it" soon 5 took player2
check "H6 as soon as the server had 8 s" took_between 7500 9500 player2
check "H6 the silence is told" soon 10 said player2 'dhcp_no_answer.*router'
check "the server starts" dhcp_again
check "H6 player 2 gets a lease" soon 8 leased player2
check "H6 and gives up the other address" soon 5 has_none player2
check "the silence was told once" not said_times player2 dhcp_no_answer 2

# ---- no DHCP client
stop player2
mkdir -p "$dir/state-player2"
start player2 player2 unshare -m --propagation private bash -c "$(declare -f no_clients); no_clients; exec \"\$@\"" - \
	env STATE_DIRECTORY="$dir/state-player2" "$bin/lanparty-client" --tap "$tun" "lanparty://$relay_ip/$code?pin=$pin"
check "H6 without a DHCP client, player 2 has the room's address" soon 5 has_room player2
check "H6 and it says why" said player2 'dhcp_missing.*udhcpc'
stop player2
stop gateway
stop player1

# ---- a network of the player's in the same range
ip -n "$lab-player1" link add home up type veth peer name home2
ip -n "$lab-player1" link set home2 up
address player1 home "${first%.*}.254/24"
need "player 1 joins" client player1 player1
check "H6 N5 it says that its own network overlaps" soon 5 said player1 "offer_refused range=$first/24 reason=own_network narrowed=yes"
check "N5 which stays reachable" sh -c "ip -n $lab-player1 route get ${first%.*}.77 | grep -q 'dev home'"
check "it has the address all the same" sh -c "ip -n $lab-player1 address show $tun | grep -q 'inet $first/32'"
stop player1
ip -n "$lab-player1" link del home
need "player 1 joins with --address none" client player1 player1 --address none
check "H6 it gets no address" stays 1 prints_nothing ip_of player1 "$tun"
cat "$dir/times"
lab_finish
