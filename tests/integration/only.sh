#!/usr/bin/env bash
# Only some stations of the LAN take part: --only-mac and --only-vendor of the gateway.
# rows: P3
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open only "$1"
new_code

counts() { at gateway "$bin/lanparty-gateway" status --config /dev/null | grep 'dropped.*station'; }

need "the relay starts" relay
ip -n "$lab-game" link set lan address 00:1f:32:00:00:30 # a vendor's
console=$(mac_of console lan)
check "a MAC that is none ends the gateway" ends_with 64 'only-mac.*MAC address of one station' gateway "$bin/lanparty-gateway" --lan lan --only-mac nintendo
check "and so does a vendor that is none" ends_with 64 'only-vendor.*first three bytes' gateway "$bin/lanparty-gateway" --lan lan --only-vendor 00:1f

need "the gateway joins" gateway gateway --lan lan --only-mac "$console"
need "a player joins" client player1 player1 --dhcp
check "S3 the LAN's DHCP server gives the player an address" soon 15 said player1 '^address .*source=dhcp'
check "the player reaches the console" soon 5 reaches player1 $console_ip
check "and the console the player" reaches console "$(ip_of player1 "$tun")"
check "the player does not reach another station" not reaches player1 $game_ip
check "nor that station the player" not reaches game "$(ip_of player1 "$tun")"
check "nor does the player hear its broadcasts" not heard game player1 192.168.77.255
check "the gateway counts them" soon 3 counts
stop player1
stop gateway

need "the gateway joins" gateway gateway --lan lan --only-vendor 00:1f:32
need "a player joins" client player1 player1 --dhcp
check "the player has an address" soon 15 said player1 '^address .*source=dhcp'
check "the player reaches the vendor's station" soon 5 reaches player1 $game_ip
check "and hears it" heard game player1 192.168.77.255
check "but not the console" not reaches player1 $console_ip
lab_finish
