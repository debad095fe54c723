#!/usr/bin/env bash
# Relay, gateway and client are killed and restarted; addresses change during a stay.
# rows: R3 R7 C8 K1 K2 H2
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open restart "$1"
new_code

# All have joined once more, within SECONDS.
all_back() { # SECONDS
	local name start
	start=$(now)
	for name in player1 player2 gateway; do
		soon "$1" said_times "$name" '^joined' "$joins" || { echo "$name is not back"; return 1; }
	done
	echo "after $((($(now) - start) / 1000)) ms"
}

need "the relay starts" relay
need "the gateway joins" gateway gateway --lan lan
check "player 1 cannot reach the LAN yet" not reaches player1 $console_ip
need "player 1 joins" client player1 player1 --dhcp
need "player 2 joins" client player2 player2
room_has player2 92
check "player 1 has a lease" soon 15 said player1 '^address .*source=dhcp'
leased=$(ip_of player1 "$tun")
index=$(at player1 cat /sys/class/net/$tun/ifindex)
check "player 1 reaches the LAN" reaches player1 $console_ip

# ---- the relay
stop relay KILL
check "without the relay nothing works" not reaches player1 $console_ip
need "the relay starts again, with the same certificate" relay
joins=2
check "all have rejoined within 7 s" all_back 7
check "with the same interface" test "$(at player1 cat /sys/class/net/$tun/ifindex)" = "$index"
check "all have rejoined with the same address" test "$(ip_of player1 "$tun")" = "$leased"
check "player 1 reaches the LAN again" soon 3 reaches player1 $console_ip
check "and player 2 reaches player 1" soon 3 reaches player2 "$leased"

# The relay announces a shutdown, so nobody has to wait for a timeout.
stop relay TERM
check "the relay exits with 0" test $status = 0
check "clients are told" soon 5 said player1 '^disconnected .*final=no'
sleep 1
need "the relay starts a third time" relay
joins=3
check "all have rejoined within 7 s" all_back 7
check "player 1 reaches the LAN again" soon 3 reaches player1 $console_ip

# ---- the gateway
stop gateway
check "the gateway exits with 0" test $status = 0
check "R7 players are told that it left" soon 5 said player1 '^peer_left .*role=gateway.*reason=normal'
check "the LAN is gone" not reaches player1 $console_ip
check "R7 the players still reach each other" reaches player2 "$leased"
need "R3 R7 its place is free at once" gateway gateway --lan lan
check "C8 players are told that it joined" soon 5 said_times player2 '^peer_joined .*role=gateway' 4
check "player 1 reaches the LAN again" soon 3 reaches player1 $console_ip

# ---- killed and started at once
peer_of() { told "$1" '^joined ' | sed 's/.* peer=\([0-9]*\).*/\1/'; }
events() { times player2 '^peer_'; }
id=$(peer_of gateway)
seen=$(events)
stop gateway KILL
need "K2 a killed gateway joins at once" gateway gateway --lan lan
check "K2 the gateway joins within 3 s of its start" joined_within 3000 gateway
check "K1 as the same member" test "$(peer_of gateway)" = "$id"
check "player 1 reaches the LAN again" soon 3 reaches player1 $console_ip
id=$(peer_of player1)
stop player1 KILL
need "K2 a killed client joins at once" client player1 player1 --dhcp
check "K2 the client joins within 3 s of its start" joined_within 3000 player1
check "K1 as the same member" test "$(peer_of player1)" = "$id"
check "K2 it has its lease again" soon 15 said player1 '^address .*source=dhcp'
check "K2 with the same address" test "$(ip_of player1 "$tun")" = "$leased"
check "player 1 reaches the LAN again" soon 3 reaches player1 $console_ip
check "and player 2 reaches player 1" soon 3 reaches player2 "$leased"
sleep 3
check "K1 player 2 has heard of none of it" test "$(events)" = "$seen"
check "R3 a second gateway is rejected" \
	ends_with 75 gateway_present gateway env "STATE_DIRECTORY=$dir" "$bin/lanparty-gateway" --relay "$relay_ip" --relay-pin "$pin" --room-file "$dir/room" --lan lan

# ---- the path to the relay
moves player1 198.51.100.77 198.51.100.1
check "player 1 has another outer address and still works" soon 3 reaches player1 $console_ip
check "from the LAN too" reaches console "$leased"
moves gateway 100.64.0.77 100.64.0.1
check "the gateway has another outer address and still works" soon 3 reaches console "$leased"
check "from player 1 too" reaches player1 $console_ip

# A third member behind a NAT, which forgets and takes another port.
start nat internet /usr/bin/python3 "$probe" nat 4433 $relay_ip 443
ready nat forwarding
tun=lp1 relay_ip=192.0.2.1:4433
need "a player behind a NAT joins" client player3 player2
check "it has an address" room_has player2 93 lp1
tun=lp0 relay_ip=203.0.113.5
check "it reaches the LAN through the NAT" reaches player2 -I lp1 $console_ip
kill -s USR1 "${pid[nat]}"
check "the NAT uses another port, and it still works" soon 3 reaches player2 -I lp1 $console_ip
check "as the same member, without a new join" not said_times player3 '^joined' 2
check "player 1 stayed in the room" not said_times player1 '^joined' 2
# ---- an upgrade: a new relay takes the place of the old one, under 50 members
for name in player1 player2 gateway; do stop "$name"; done
mkfifo "$dir/words"
exec {words}<>"$dir/words"
input=$dir/words start members vps "$bin/../tests/comeback" 443 "$pin" 50
need "H2 50 members join" soon 20 said members '^ready$'
last_back() { told members '^members=50 ' | sed 's/.*last=//'; }
upgraded() { # from the moment when the old relay is told to end, until the last member is back
	echo >&"$words"
	soon 5 said members '^waiting$' || return
	echo >&"$words"
	stop relay TERM
	relay || return
	soon 20 said members '^members=50 ' || return
	echo "the last one after $(last_back) ms"
	[ "$(last_back)" -le 3000 ]
}
check "H2 all are back within 3 s" upgraded
tail -n 1 "$dir/check.log"
stop relay
check "H2 the new relay has had each of them" said relay 'event=summary joins=5[0-9] rejects=0 '

lab_finish
