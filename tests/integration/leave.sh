#!/usr/bin/env bash
# Members leave, are killed, or lose their interface; everything is restored.
# rows: C3 C6 K2 K3 K6 R7 P3 P5
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open leave "$1"
new_code

# The network state of a computer that must be restored, without counters and lifetimes.
state() { # PLACE
	ip -n "$lab-$1" -d -o link show | sed 's/ \(qlen\|fdb_n_learned\) [0-9]*//g; s/ \(gc\|[a-z]*\)_timer *[0-9.]*//g' &&
		ip -n "$lab-$1" -o address show | sed 's/ valid_lft.*//' &&
		ip -n "$lab-$1" route show table all | sed 's/ expires.*//' &&
		ip -n "$lab-$1" -6 route show table all | sed 's/ expires.*//' &&
		{ [ "$1" != gateway ] || at gateway ethtool -k lan; }
}
note_state() { state "$1" >"$dir/before.$1" || { echo "the state of $1 cannot be read"; exit 1; }; }
is_as_before() { state "$1" | diff "$dir/before.$1" -; }
# The number of enabled features that merge or rewrite received frames.
features_are() {
	local features
	features=$(at gateway ethtool -k lan) || return 1
	[ "$(grep -cE '^(generic-receive-offload|rx-vlan-offload): on' <<<"$features")" = "$1" ]
}
promiscuity_is() { ip -n "$lab-gateway" -d -o link show lan | grep -q "promiscuity $1 "; }

at gateway ethtool -K lan gro on rxvlan on
for place in player1 player2 gateway; do note_state $place; done
check "the interface merges frames before" features_are 2
need "the relay starts" relay
need "the gateway joins" gateway gateway --lan lan
check "P3 the gateway switches them off" features_are 0
check "P3 the interface is promiscuous" promiscuity_is 1
need "player 1 joins" client player1 player1 --dhcp
check "player 1 has a lease" soon 15 said player1 '^address .*source=dhcp'
leased=$(ip_of player1 "$tun")
need "player 2 joins" client player2 player2
room_has player2 92
check "player 2 reaches player 1" reaches player2 "$leased"

# ---- asked to end
stop player1
check "C6 a client that is asked to end exits with 0" test $status = 0
check "C6 the others hear: normal" soon 5 said player2 '^peer_left .*reason=normal'
check "C6 the relay logs it" said relay 'event=peer_left .*role=client.*reason=normal'
check "P5 its interface is gone" not has_tun player1
check "its computer is as before" is_as_before player1
check "its DHCP client has ended" not pgrep -f "udhcpc.*$tun|dhclient.*$tun"
check "the lease was given back" soon 5 said dhcp "DHCPRELEASE.*$leased"
need "R7 it can come back at once, with its MAC" client player1 player1
room_has player1 91

stop player1 HUP
check "K2 a client whose terminal is closed exits with 0" test $status = 0
check "C6 the others hear: normal" soon 5 said_times player2 '^peer_left .*role=client.*reason=normal' 2
need "it joins again" client player1 player1
stop gateway HUP
check "K2 a gateway whose terminal is closed exits with 0" test $status = 0
need "a gateway joins again" gateway gateway --lan lan
stop gateway
check "P3 the gateway ends with 0" test $status = 0
check "P3 everything is restored" is_as_before gateway
check "C6 the others hear: normal" soon 5 said_times player2 '^peer_left .*role=gateway.*reason=normal' 2
need "a gateway joins again" gateway gateway --lan lan

# ---- killed
stop player1 KILL
stop gateway KILL
check "P5 a killed client leaves no interface" soon 5 not has_tun player1
check "P3 after a kill the interface is restored too" soon 5 is_as_before gateway
lab_bridge
note_state gateway
rm "$dir/state-player1/$tun.resume" "$dir/state-gateway/lan.resume"
client player1 player1 # joins later
check "K3 without its token a client with its MAC waits" said player1 '^rejected reason=mac_silent .*waiting.* final=no'
check "K3 and does not end" runs player1
# The idle timeout of 15 s starts once more with the first packet that is sent to the silent member
# (RFC 9000, section 10.1); 15 s of grace follow.
check "R7 K3 it joins when its last run has timed out" soon 40 said player1 '^joined '
check "K3 it has said once that it waits" not said_times player1 'mac_silent' 2
check "C3 the others are told: timed_out" said player2 '^peer_left .*role=client.*reason=timed_out'
check "C3 of the gateway too" soon 20 said player2 '^peer_left .*role=gateway.*reason=timed_out'
need "a gateway in a bridge" gateway gateway --bridge br0
check "player 2 reaches the LAN through it" soon 3 reaches player2 $console_ip
check "P3 it has a port in the bridge" test "$(at gateway bridge link | wc -l)" = 2
stop gateway
check "P3 everything is restored" is_as_before gateway

# ---- the interface vanishes
# As the user that the program has become: root needs CAP_SYS_RESOURCE to limit others.
descriptors() { # NAME MOST
	setpriv --reuid=65534 --regid=65534 --clear-groups prlimit --pid "${pid[$1]}" --nofile="$2:"
}
runs_when_spoken_to() { reaches player2 "$console_ip"; runs gateway; }
ended_with() { not runs "$1" && { stop "$1"; [ "$status" = "$2" ]; }; } # NAME STATUS
ip -n "$lab-player1" link delete "$tun"
check "P5 a client whose interface is deleted exits with 72" soon 5 ended_with player1 72
check "P5 it says that its interface is gone" said player1 'interface_gone'
check "C6 the others hear: normal" soon 5 said player2 '^peer_left .*reason=normal'
need "player 1 joins again" client player1 player1
kill -STOP "${pid[player1]}"
kill "${pid[player1]}"
ip -n "$lab-player1" link delete "$tun"
kill -CONT "${pid[player1]}"
check "P5 one that was asked to end first exits with 0" soon 5 ended_with player1 0
check "P5 and logs no error" not said player1 'interface_gone'
need "player 1 joins once more" client player1 player1
for deleted in lpgw0 br0; do
	need "a gateway in a bridge" gateway gateway --bridge br0
	ip -n "$lab-gateway" link delete $deleted
	check "P3 $deleted is deleted: the gateway ends with 72" soon 12 ended_with gateway 72
done
need "a gateway without the bridge" gateway gateway --lan lan
ip -n "$lab-gateway" link set lan down
check "P3 it waits for an interface that is down" soon 5 said gateway 'interface_down'
check "P3 it runs on while its interface is down" stays 2 runs gateway
check "its descriptors run out" descriptors gateway 3
check "P3 and when it cannot look for it, out of descriptors" stays 3 runs_when_spoken_to
check "it has some again" descriptors gateway 64
ip -n "$lab-gateway" link delete lan
check "P3 one that is deleted ends it, with 72" soon 12 ended_with gateway 72
link gateway lan switch gateway
ip -n "$lab-switch" link set gateway master lan0
need "a gateway" gateway gateway --lan lan
check "player 2 reaches the LAN" soon 3 reaches player2 $console_ip
ip -n "$lab-gateway" link delete lan
check "K6 one that is deleted is waited for" soon 5 said gateway 'interface_gone .*waiting'
link gateway lan switch gateway
ip -n "$lab-switch" link set gateway master lan0
check "K6 one that is made anew is used again" soon 5 said gateway 'interface_back'
check "K6 player 2 reaches the LAN again" soon 5 reaches player2 $console_ip
check "K6 without a new join" not said_times gateway '^joined' 2
stop gateway
ip -n "$lab-gateway" link set lan down
start gateway gateway env "STATE_DIRECTORY=$dir/state-gateway" "$bin/lanparty-gateway" --relay $relay_ip --relay-pin "$pin" --room-file "$dir/room" --lan lan
check "K6 one that is down at start is waited for" soon 5 said gateway 'interface_awaited .*down'
check "K6 it runs on while its interface is down" stays 2 runs gateway
ip -n "$lab-gateway" link set lan up
check "K6 and it joins when it is up" soon 5 said gateway '^joined '
stop gateway
ip -n "$lab-gateway" link delete lan
start gateway gateway env "STATE_DIRECTORY=$dir/state-gateway" "$bin/lanparty-gateway" --relay $relay_ip --relay-pin "$pin" --room-file "$dir/room" --lan lan
check "K6 one that is missing at start is waited for" soon 5 said gateway 'interface_awaited .*no such interface yet.*There is: .*wan'
check "K6 for longer than a command waits" stays 11 runs gateway
check "K6 that is said once" not said_times gateway 'interface_awaited' 2
link gateway lan switch gateway
ip -n "$lab-switch" link set gateway master lan0
check "K6 and it joins when it is there" soon 5 said gateway '^joined '
stop gateway
need "a gateway" gateway gateway --lan lan
ip -n "$lab-gateway" link delete lan
check "P3 it ends, too, when its interface was up before" soon 12 ended_with gateway 72

# ---- the terminal is closed
check "K2 a relay whose terminal is closed exits with 0" run_probe vps terminal listening "$bin/lanparty-relay" --listen 127.0.0.1:0

# ---- all members
stop player2
stop player1
check "R7 the last one closes the room" soon 5 said relay 'event=peer_left .*room_closed=yes'
stop relay
check "the relay ends with 0" test $status = 0
check "player 2's computer is as before" is_as_before player2
lab_finish
