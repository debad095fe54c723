#!/usr/bin/env bash
# What keeps the room from the LAN is said, with what to do; and silent members are reached at another switch port.
# rows: K5 K6 P3
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open lan "$1"
new_code
need "the relay starts" relay
ended_with() { not runs "$1" && { stop "$1"; [ "$status" = "$2" ]; }; } # NAME STATUS
# The switch learns nothing from a member that is silent, so it has to be told.
switch_port_of() { at switch bridge fdb show br "${2-lan0}" | grep -i "^$1 " | grep -o 'dev [a-z0-9]*'; } # MAC [SWITCH]
knows_at() { [ "$(switch_port_of "$(mac_of player1 "$tun")" "${2-lan0}")" = "dev $1" ]; }              # PORT [SWITCH]

# ---- the interface. The gateway looks each second, and waits three seconds between two sentences (test_linux_watch).
need "K6 the gateway joins" gateway gateway --lan lan
need "player 1 joins" client player1 player1
room_has player1 91
check "player 1 reaches the LAN" reaches player1 $console_ip
ip -n "$lab-switch" link set gateway down
check "K6 a cable that is out is said" soon 10 said gateway 'lan_unreached .*no carrier'
check "K6 and the gateway stays" stays 2 runs gateway
# The cable comes back at another switch. Player 1 is silent meanwhile.
ip -n "$lab-player1" link set "$tun" down
ip -n "$lab-switch" link add lan1 up type bridge forward_delay 0
ip link add trunk0 netns "$lab-switch" type veth peer name trunk1 netns "$lab-switch"
for end in 0 1; do ip -n "$lab-switch" link set trunk$end up master lan$end; done
ip -n "$lab-switch" link set gateway nomaster
ip -n "$lab-switch" link set gateway up master lan1
check "K6 it is said when the cable is back" soon 10 said gateway 'lan_reached'
check "K5 within 5 s both switches know a silent member's new port" soon 5 eval 'knows_at trunk0 && knows_at gateway lan1'
ip -n "$lab-player1" link set "$tun" up
check "K5 player 1 reaches the LAN through that switch" soon 5 reaches player1 $console_ip
ip -n "$lab-gateway" link set lan mtu 1400
check "K6 frames that are too long for the LAN are said" soon 10 said gateway 'mtu_differs .*lan=1400 room=1500'
ip -n "$lab-gateway" link set lan mtu 1500
ip -n "$lab-gateway" link set lan down
ip -n "$lab-gateway" link set lan name lan9
ip -n "$lab-gateway" link set lan9 up
check "K6 another name is said" soon 10 said gateway 'interface_renamed .*name=lan9'
check "K6 player 1 still reaches the LAN" soon 5 reaches player1 $console_ip
ip -n "$lab-gateway" link set lan9 down
ip -n "$lab-gateway" link set lan9 name lan
ip -n "$lab-gateway" link set lan up
ip -n "$lab-gateway" link set lan promisc on
ip -n "$lab-gateway" link set lan promisc off
check "P3 promiscuous mode that another program ends stays on" soon 5 reaches player1 $console_ip
stop gateway

# ---- a switch or a hypervisor that drops foreign MACs
at switch bridge link set dev gateway flood off learning off
at switch bridge fdb replace "$(mac_of gateway lan)" dev gateway master static
at switch bridge fdb del "$(mac_of player1 "$tun")" dev gateway master
need "K6 the gateway joins" gateway gateway --lan lan
for _ in 1 2 3 4; do reaches player1 $console_ip; done >/dev/null
check "P3 a LAN that answers no player is said" soon 40 said gateway 'no_answers .*foreign MAC'
at switch bridge link set dev gateway flood on learning on
stop gateway

# ---- a bridge
lab_bridge
ip -n "$lab-gateway" link set br0 type bridge stp_state 1 forward_delay 400
lan_forwards() { at gateway bridge link show dev lan | grep -q 'state forwarding'; }
soon 20 lan_forwards
need "K6 a gateway in a bridge" gateway gateway --bridge br0
# The seconds that it tells are rounded up. It looks each second at the least.
is_right() {
	local seconds off
	seconds=$(told gateway 'event=lan_unreached' | sed 's/.* seconds=\([0-9]*\).*/\1/')
	off=$(($(told_at gateway event=lan_reached) - $(told_at gateway event=lan_unreached) - 1000 * seconds))
	echo "$seconds s were told; it came $off ms after that"
	[ "$seconds" -le 8 ] && [ "$off" -gt -1200 ] && [ "$off" -lt 2000 ]
}
check "K6 it says how long spanning tree keeps its port" said gateway 'lan_unreached .*seconds=[0-9] .*spanning tree'
check "K6 and when that is over" soon 15 said gateway 'lan_reached'
check "K6 the time was right" is_right
check "K6 player 1 reaches the LAN then" soon 3 reaches player1 $console_ip
ip -n "$lab-switch" link set gateway down
check "K6 a cable of the bridge that is out is said" soon 10 said gateway 'lan_unreached .*no other port of the bridge has a carrier'
ip -n "$lab-switch" link set gateway up
check "K6 it is said when it is back" soon 20 said_times gateway 'lan_reached' 2
ip -n "$lab-gateway" link set lpgw0 nomaster
check "P3 its port is taken out of the bridge: it says so" soon 10 said gateway 'taken out of the bridge'
check "P3 and ends with 72" soon 12 ended_with gateway 72
ip -n "$lab-gateway" link set br0 type bridge stp_state 0
for wrong in "--lan lan" "--bridge lan"; do
	# shellcheck disable=SC2086
	check "P3 $wrong: it is a port of br0" ends_with 72 'use --bridge br0' gateway "$bin/lanparty-gateway" --relay $relay_ip --relay-pin "$pin" --room-file "$dir/room" $wrong
done

# ---- its computer's firewall
calls=net.bridge.bridge-nf-call-iptables
if at gateway sysctl -qw $calls=1 2>/dev/null; then
	at gateway nft 'table ip f { chain forward { type filter hook forward priority 0; policy drop; }; }'
	need "P3 a gateway in a bridge" gateway gateway --bridge br0
	check "P3 a firewall that drops the room's frames is said" said gateway 'bridge_firewall .*bridge-nf-call-iptables=0'
	check "P3 it was right: the LAN is not reached" not reaches player1 $console_ip
	at gateway nft flush ruleset
	at gateway nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; iifname br0 oifname br0 accept; }; }'
	check "P3 the remedy is right" soon 5 reaches player1 $console_ip
	stop gateway
	at gateway nft flush ruleset
	at gateway sysctl -qw $calls=0
	need "P3 a gateway without that firewall" gateway gateway --bridge br0
	check "P3 says nothing of it" not said gateway bridge_firewall
	at gateway sysctl -qw $calls=1
	ip -n "$lab-gateway" link set br0 type bridge ageing_time 20000 # any change of a bridge
	check "P3 one that is turned on later is said" soon 10 said gateway bridge_firewall
	stop gateway
else
	left_out "P3 a firewall that judges the bridge's frames" "this kernel has no br_netfilter"
fi
lab_finish
