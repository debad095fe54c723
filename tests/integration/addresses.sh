#!/usr/bin/env bash
# A player changes the address of the room's interface by hand, or a second DHCP client gives it another.
# rows: K5 N3
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open addresses "$1"
new_code

goes() { ip -n "$lab-player1" route get "$1" | grep -q "dev $tun"; }
answers() { at player1 ping -c 1 -W 1 "${@:2}" "$1"; }
had=192.168.77.91/24
changes_to() { # LAST
	ip -n "$lab-player1" address del "$had" dev "$tun"
	had=192.168.77.$1/24
	ip -n "$lab-player1" address add "$had" dev "$tun"
}

need "the relay starts" relay --log-level frame
need "the gateway joins" gateway gateway --lan lan
need "player 1 joins" client player1 player1
need "player 2 joins" client player2 player2
check "player 1 has an address" room_has player1 91
check "player 2 has an address" room_has player2 92
check "player 1 reaches player 2" soon 3 answers 192.168.77.92
check "player 1 reaches the LAN" soon 3 answers $console_ip
for last in 93 94 95; do
	changes_to $last
	check "K5 broadcasts go into the room with .$last" soon 2 goes 255.255.255.255
	check "K5 and packets to groups, too" soon 2 goes 224.0.2.60
	check "K5 player 2 answers to .$last" soon 5 answers 192.168.77.92
	check "K5 and the LAN" soon 5 answers $console_ip
	check "K5 player 2 hears a broadcast" heard player1 player2 255.255.255.255
done
ip -n "$lab-player1" link set "$tun" down
ip -n "$lab-player1" link set "$tun" up
check "K5 broadcasts go into the room after down and up" soon 2 goes 255.255.255.255
ip -n "$lab-player1" address flush dev "$tun" scope global
check "K5 and without any address" soon 2 goes 255.255.255.255
stop player1

# ---- two DHCP clients, which the server takes for two computers
need "player 1 joins with --dhcp" client player1 player1 --dhcp
check "it has a lease" soon 15 said player1 '^address .*source=dhcp'
first=$(ip_of player1 "$tun")
# shellcheck disable=SC2016 # $1, $ip: of the script
printf '#!/bin/sh\n[ "$1" != bound ] || ip address add "$ip/24" dev "$interface"\n' >"$dir/other"
chmod 755 "$dir/other"
start other player1 busybox udhcpc -f -q -n -t 5 -T 1 -i "$tun" -s "$dir/other" -x 0x3d:00aabbccdd -C
has_two() { [ "$(ip -n "$lab-player1" -4 -o address show "$tun" | wc -l)" = 2 ]; }
check "another DHCP client gives it another address" soon 10 has_two
second=$(ip -n "$lab-player1" -4 -o address show "$tun" | sed 's/.*inet //; s,/.*,,' | grep -vx "$first")
check "K5 the two addresses differ" test -n "$second"
for address in "$first" "$second" "$first" "$second"; do
	check "K5 player 2 answers to $address" soon 2 answers 192.168.77.92 -I "$address"
	check "K5 so does the LAN" soon 2 answers $console_ip -I "$address"
	check "K5 the LAN reaches $address" soon 2 reaches console "$address"
done

# ---- a hundred names for one computer
# shellcheck disable=SC2016 # $1, $ip: of the script
printf '#!/bin/sh\n[ "$1" != bound ] || echo "$ip" >>"%s"\n' "$dir/bound" >"$dir/many"
chmod 755 "$dir/many"
: >"$dir/bound"
many=()
before=$(drops dhcp_sender)
for i in {100..199}; do
	at player1 busybox udhcpc -f -q -n -t 1 -T 1 -i "$tun" -s "$dir/many" -x "0x3d:00aabbc$i" -C >/dev/null 2>&1 &
	many+=($!)
done
wait "${many[@]}"
check "N3 the relay drops what at least 90 of them ask" dropped dhcp_sender $((before + 90))
check "N3 they get one more lease at most" test "$(sort -u "$dir/bound" | grep -vcxF -e "$first" -e "$second")" -le 1
lab_finish
