#!/usr/bin/env bash
# The relay's limits per member, and the error messages of the programs.
# rows: R2 R3 R4 R6 L1 L2 L3 F7 K6 N1 N6
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open limits "$1"
code=the-room-of-all-witnesses # the hostile member's

flooded() { grep -E "src=$1 dst=$2 type=0x0800 len=98 " "$dir/relay.err"; } # SOURCE DESTINATION
let_through() { # SOURCE DESTINATION MOST: some of a flood, and no more than MOST
	local count
	count=$(flooded "$1" "$2" | grep -c 'drop=none')
	echo "$count"
	[ "$count" -gt 0 ] && [ "$count" -le "$3" ]
}
last_passes() { flooded "$1" "$2" | tail -n 1 | grep 'drop=none'; } # SOURCE DESTINATION
# A member that does not keep the limits that the relay tells it: stranger KIND SECONDS COUNT
hostile=02:00:00:00:00:c8 everybody=ff:ff:ff:ff:ff:ff
stranger() {
	openssl x509 -in "$dir/relay.crt" -outform DER -out "$dir/relay.der"
	at player1 "$bin/../tests/stranger" "$relay_ip:443" "$dir/relay.der" "$@"
}
refused() { # SENTENCE PLACE COMMAND...: by the relay
	ends_with 75 "$1" "${@:2}"
}

nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

# ---- who may join
small=(--max-clients 2 --log-level frame)
need "the relay starts" relay "${small[@]}" --broadcast-rate 5 --broadcast-burst 20 --unknown-rate 5 --unknown-burst 20
need "the gateway joins" gateway gateway --lan lan
need "player 1 joins" client player1 player1 --mac 02:00:00:00:00:01
cp "$bin/lanparty-client" "$bin/lanparty-gateway" "$dir/" # within reach of those without rights, wherever the build is
own_client=(env "STATE_DIRECTORY=$dir" "$dir/lanparty-client" --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room" --tap lp9)
own_gateway=(env "STATE_DIRECTORY=$dir" "$dir/lanparty-gateway" --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room")
check "R4 a MAC twice is refused" refused 'mac_in_use' player2 "${own_client[@]}" --mac 02:00:00:00:00:01
check "R3 a second gateway is refused" refused 'gateway_present' gateway "${own_gateway[@]}" --lan lan
need "player 2 joins, with a small budget" client player2 player2 --mac 02:00:00:00:00:02 --datagram-budget 800
check "R6 and has full-size packets all the same" said player2 '^joined .*mtu=1500'
check "R2 a third one is refused" refused 'room_full' player2 "${own_client[@]}" --mac 02:00:00:00:00:03
room_has player1 91
room_has player2 92
check "player 1 is in the LAN" soon 3 reaches player1 $console_ip
check "N1 the MAC of the gateway's computer is refused" refused 'mac_in_use' player2 "${own_client[@]}" --mac "$(mac_of gateway lan)"
check "N1 also that of another of its interfaces" refused 'mac_in_use' player2 "${own_client[@]}" --mac "$(mac_of gateway wan)"
check "R4 a MAC of the LAN is refused too" refused 'mac_in_use' player2 "${own_client[@]}" --mac "$(mac_of console lan)"
check "R6 fragments reach the member with the small budget" reaches player1 -M "do" -s 1472 192.168.77.92

# ---- how much
steady() { # PLACE COUNT ADDRESS: COUNT pings, none lost, in a row of 20 ms
	at "$1" ping -q -i 0.02 -c "$2" -W 2 "$3" | tee "$dir/steady" | grep -q ' 0% packet loss' || { cat "$dir/steady"; return 1; }
}
check "player 2 is in the LAN" soon 3 steady player2 5 $console_ip
sleep 4 # the buckets refill after the joins
start steady player2 ping -q -i 0.02 -c 100 -W 2 $console_ip
check "player 1 floods broadcasts" run_probe player1 flood "$tun" 300
wait "${pid[steady]}"
check "L1 its own program stops it" let_through 02:00:00:00:00:01 $everybody 50
check "L1 and leaves nothing to the relay" not dropped broadcast_rate 1
check "L1 the others lose nothing" said steady ' 0% packet loss'
check "L2 player 1 floods unknown stations" run_probe player1 flood "$tun" 300 02:00:00:00:99:99
check "L2 the bucket stops it" soon 5 dropped unknown_rate 250
check "L2 and not before" let_through 02:00:00:00:00:01 02:00:00:00:99:99 50
check "L2 known stations do not count" steady player1 50 $console_ip
check "L2 nor do players" steady player1 50 192.168.77.92
check "F7 the log has a line per frame" said relay 'event=frame room=[0-9]+ peer=[0-9]+ src=02:00:00:00:00:01 dst=02:00:00:00:99:99 type=0x0800 len=98 action=drop drop=unknown_rate targets=0'
stop player1
start steady player2 ping -q -i 0.02 -c 100 -W 2 $console_ip
check "L1 a hostile member floods broadcasts" stranger shouts 2 300
wait "${pid[steady]}"
check "L1 the bucket stops it" dropped broadcast_rate 250
check "L1 and not before" let_through $hostile $everybody 50
check "L1 it gets its rate back" last_passes $hostile $everybody
check "L1 the others lose nothing" said steady ' 0% packet loss'
stop relay
need "the relay starts with another limit" relay --log-level frame --client-rate 20K --client-burst 20K --workers 10
for name in gateway player2; do check "$name is back" soon 7 said_times $name '^joined' 2; done
check "player 2 reaches the LAN again" soon 3 reaches player2 $console_ip
check "L3 a hostile member sends more bytes than its limit" stranger bytes 3 1000
check "L3 the bucket stops it" dropped byte_rate 50
check "L3 and not before" let_through $hostile 02:00:00:00:00:02 500
check "L3 it gets its rate back" last_passes $hostile 02:00:00:00:00:02
check "L3 the others lose nothing" steady player2 20 $console_ip
policed=$(drops byte_rate)
need "player 1 is back" client player1 player1 --mac 02:00:00:00:00:01
room_has player1 91
check "L3 player 1 sends more bytes than its limit" at player1 ping -q -w 5 -i 0.01 -s 1000 192.168.77.92
check "L3 its own program keeps it" test "$(drops byte_rate)" = "$policed"
check "L3 and tells it" said player1 '^limited limit=byte_rate rate=20480 text=.* 20 kB per second\. .*--client-rate'
check "L3 it reaches the LAN again" soon 3 reaches player1 $console_ip

# ---- who shares an address
other=$("$bin/lanparty-client" new-room)
neighbour() { # TAP
	mkdir -p "$dir/state-$1"
	start "$1" player2 env STATE_DIRECTORY="$dir/state-$1" "$bin/lanparty-client" --tap "$1" "lanparty://$relay_ip/$other?pin=$pin"
	joined "$1" && [ "$(grep -c busy "$dir/$1.out")" = 0 ]
}
check "N6 a player opens another room" neighbour lp7
check "N6 another one behind the same address joins at once, with ten workers too" neighbour lp8
for name in lp7 lp8; do stop $name; done

# ---- secrets
bare=$(echo "$code" | tr -d -)
check "the invite is no longer in the command line" lacks -ai "$code|$bare" "/proc/${pid[player1]}/cmdline"
start named player2 env STATE_DIRECTORY="$dir" "$bin/lanparty-client" --relay "$relay_ip" --relay-pin "$pin" --room "$code" --tap lp9
check "a player whose command line has the code is answered" soon 5 said named '^(joined|rejected) '
check "no log has the room's code" lacks -ai "$code|$bare" "$dir"/*.out "$dir"/*.err

# ---- errors, each reported in one sentence
check "R2 no clients at all" ends_with 64 'max-clients' vps "$bin/lanparty-relay" --max-clients 0
check "an unknown option" ends_with 64 'such-option' vps "$bin/lanparty-relay" --such-option
check "an unknown option (gateway)" ends_with 64 'such-option' vps "$bin/lanparty-gateway" --such-option
check "an unknown option (client)" ends_with 64 'such-option' vps "$bin/lanparty-client" --such-option
check "a certificate without its key" ends_with 64 'key' vps "$bin/lanparty-relay" --cert "$dir/relay.crt"
check "a missing certificate" ends_with 66 'certificate_missing.*No such file' vps "$bin/lanparty-relay" --cert "$dir/none" --key "$dir/none"
check "an occupied port" ends_with 69 'another program' vps "$bin/lanparty-relay" --listen "$relay_ip:443"
start early vps "$bin/lanparty-relay" --cert "$dir/relay.crt" --key "$dir/relay.key" --listen 203.0.113.99:444
check "K6 an address that is not there yet is told" soon 5 said early "not one of this computer's addresses yet"
address vps wan 203.0.113.99/24
start first player2 env "STATE_DIRECTORY=$dir" "$bin/lanparty-client" --relay 203.0.113.99:444 --relay-pin "$pin" --room-file "$dir/room" --tap lp8
check "K6 and served when it is there" soon 5 said first '^joined '
stop first
stop early
check "no rights for port 443" ends_with 77 'root or CAP_NET_BIND_SERVICE' player1 "${nobody[@]}" "$bin/lanparty-relay" --listen 198.51.100.10:443
install -m 644 "$dir/room" "$dir/room.open"
own_client=(env "STATE_DIRECTORY=$dir" "$dir/lanparty-client" --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room.open" --tap lp9)
own_gateway=(env "STATE_DIRECTORY=$dir" "$dir/lanparty-gateway" --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room.open")
check "no rights for an interface" ends_with 77 'root or CAP_NET_ADMIN' router "${nobody[@]}" "${own_client[@]}"
check "no rights for the LAN" ends_with 77 'root|CAP_NET' router "${nobody[@]}" "${own_gateway[@]}" --lan lan
check "a room file that everybody can read" said ends 'room_file_open'
# A kernel that does not let them go: nothing runs on with more rights than it should have.
features() { at console ethtool -k lan; }
at console ethtool -K lan gro on rxvlan on
is_as_it_was() { features | diff "$dir/features" -; }
features >"$dir/features"
for unknown in '' NO_RIGHTS=unknown; do
	kept=(env LD_PRELOAD="$bin/../tests/no_rights.so" ${unknown:+"$unknown"})
	check "rights that stay${unknown:+, and are not known} end the client" \
		ends_with 71 'drop_rights_failed' router "${kept[@]}" "${own_client[@]}"
	check "they end the gateway, too" ends_with 71 'drop_rights_failed' console "${kept[@]}" "${own_gateway[@]}" --lan lan
	check "which then changes nothing at the interface, and says so" said ends 'offload_failed'
	check "the interface is as it was" is_as_it_was
done
ip -n "$lab-player2" link set wan mtu 1220
start small player2 env "STATE_DIRECTORY=$dir" "$dir/lanparty-client" --relay "$relay_ip" --relay-pin "$pin" --no-tcp --room-file "$dir/room" --tap lp8
check "a network with too small an MTU is named" soon 10 said small '^disconnected reason="this computer.s network has too small an MTU'
stop small
ip -n "$lab-player2" link set wan mtu 1500
ip -n "$lab-router" link add mac0 link lan up type macvlan mode bridge && check "a macvlan is no way into a LAN" ends_with 72 'macvlan' router "${own_gateway[@]}" --lan mac0
check "a name that no interface can have" ends_with 72 'far-too-long' router "${own_gateway[@]}" --lan a-name-that-is-far-too-long
check "an interface that is not a bridge" ends_with 72 'lan' router "${own_gateway[@]}" --bridge lan
check "neither bridge nor interface" ends_with 64 'lan.*bridge' router "${own_gateway[@]}"
check "a taken interface name" ends_with 72 'taken' player1 "${own_client[@]}" --tap "$tun"
check "a broken invite" ends_with 64 'invite' player2 "$bin/lanparty-client" "lanparty://$relay_ip?pin=$pin"
check "its code is not repeated" not said ends "$bare"
check "a client without a room says so" ends_with 64 'which room' player2 "$bin/lanparty-client" --relay "$relay_ip"
check "a missing room file" ends_with 66 'room file' player2 "$bin/lanparty-client" --relay "$relay_ip" --room-file "$dir/none"
check "a bad code" ends_with 64 'code' player2 "$bin/lanparty-client" --relay "$relay_ip" --room 'no'
check "a bad pin" ends_with 64 'sha256' player2 "$bin/lanparty-client" --relay "$relay_ip" --room "$code" --relay-pin sha256:12
lab_finish
