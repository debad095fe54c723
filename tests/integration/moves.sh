#!/usr/bin/env bash
# What moves under a room: the relay, a player's way to it, the MTU of that way, the names of interfaces, and the card of
# the gateway.
# rows: K5 N1
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open moves "$1"
new_code

answers() { at player1 ping -q -c 1 -W 1 "$@"; }
names() { printf '%s relay.test\n' "$@" >"/etc/netns/$lab-player1/hosts"; } # ADDRESS...
refused() { # MAC: at player 2's computer
	mkdir -p "$dir/state-refused"
	ends_with 75 mac_in_use player2 env "STATE_DIRECTORY=$dir/state-refused" "$bin/lanparty-client" --tap lp9 --mac "$1" "lanparty://203.0.113.5/$code?pin=$pin"
}
within() { # MILLISECONDS COMMAND...
	local start
	start=$(now)
	soon 20 "${@:2}" || return
	echo "after $((($(now) - start) / 1000)) ms"
	[ $(($(now) - start)) -le $(($1 * 1000)) ]
}

need "the relay starts" relay
need "the gateway joins" gateway gateway --lan lan
relay_ip=relay.test
names 203.0.113.5 2001:db8:5::5
need "player 1 joins by name" client player1 player1 --log-level debug
relay_ip=203.0.113.5
room_has player1 91
check "player 1 reaches the LAN" soon 3 answers $console_ip

# ---- a way that carries less, as in a VPN
full() { answers -M "do" -s 1472 "$@"; }
sleep 3 # the path's MTU is found
check "packets of the LAN's size pass" soon 5 full $console_ip
ip -n "$lab-internet" link set player1 mtu 1290
check "K5 they pass again within 5 s after the way carries 1290 bytes" within 5000 full $console_ip
tail -n 1 "$dir/check.log"
ip -n "$lab-internet" link set player1 mtu 1500

# ---- a network without IPv6, as another provider's, and then one without IPv4
by() { told player1 event=connecting | grep -oF "$1"; } # ADDRESS
check "by IPv6, which comes first" by '[2001:db8:5::5]:443'
ip -n "$lab-player1" -6 address flush dev wan scope global
ip -n "$lab-player1" -6 route del default
check "K5 without IPv6 it is back by IPv4 within 5 s" within 5000 answers $console_ip
tail -n 1 "$dir/check.log"
check "K5 by IPv4 indeed" by 203.0.113.5:443
address player1 wan 2001:db8:1::10/64
ip -n "$lab-player1" route replace default via 2001:db8:1::1
ip -n "$lab-player1" -4 address flush dev wan
check "K5 without IPv4 it is back by IPv6 within 5 s" within 5000 answers $console_ip
tail -n 1 "$dir/check.log"
check "K5 by IPv6 indeed" by '[2001:db8:5::5]:443'
check "K5 the membership goes on" lacks '^peer_left' "$dir/gateway.out"
address player1 wan 198.51.100.10/24
ip -n "$lab-player1" route add default via 198.51.100.1

# ---- the relay's address, as of a home
stop relay
ip -n "$lab-vps" address del 203.0.113.5/24 dev wan
address vps wan 203.0.113.77/24
ip -n "$lab-vps" route replace default via 203.0.113.1
names 203.0.113.77
need "the relay starts at another address" relay
check "K5 player 1 finds it by its name within 5 s" within 5000 said_times player1 '^joined ' 2
tail -n 1 "$dir/check.log"
stop relay
ip -n "$lab-vps" address del 203.0.113.77/24 dev wan
address vps wan 203.0.113.5/24
ip -n "$lab-vps" route replace default via 203.0.113.1
names 203.0.113.5
need "the relay is where it was" relay
check "player 1 reaches the LAN again" soon 15 answers $console_ip

# ---- another name of the player's interface
ip -n "$lab-player1" link set "$tun" down
ip -n "$lab-player1" link set "$tun" name party
ip -n "$lab-player1" link set party up
goes() { ip -n "$lab-player1" route get "$1" | grep -q 'dev party'; }
check "K5 broadcasts go into the room from an interface with another name" within 2000 goes 255.255.255.255
check "K5 the LAN answers there" within 5000 answers $console_ip
address player1 party 192.168.77.95/24
check "K5 and at an address set by hand" within 5000 answers -I 192.168.77.95 $console_ip

# ---- a network manager that gives interfaces random MACs
own=$(mac_of player1 party)
ip -n "$lab-player1" link set party address 02:00:00:00:44:44
has_own_mac() { [ "$(mac_of player1 party)" = "$own" ]; }
check "K5 the interface has its own MAC again" within 2000 has_own_mac
check "K5 the LAN answers" within 5000 answers $console_ip
check "K5 and it is told" said player1 'event=mac_changed .*NetworkManager'

# ---- another card in the gateway
before=$(times gateway 'event=protected ')
ip -n "$lab-gateway" link set lan address 02:00:00:00:55:05
check "K5 through the gateway's new card the LAN answers within 5 s" within 5000 answers $console_ip
check "N1 the gateway sees its new card" soon 5 said_times gateway 'event=protected ' $((before + 1))
check "N1 nobody has the MAC of that card" refused 02:00:00:00:55:05
check "the gateway's computer reaches the LAN" soon 5 reaches gateway $console_ip
stop player1
check "no interface is left under the other name" not has_tun player1 party
lab_finish
