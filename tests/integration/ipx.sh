#!/usr/bin/env bash
# Protocols of old games, in all their kinds of frames: they pass where they are allowed, in both modes of the gateway;
# elsewhere it is said once what to do.
# rows: S1
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open ipx "$1"
new_code

cat >"$dir/ipx.py" <<'EOM'
"""see INTERFACE: prints the kinds of frames that arrive; send INTERFACE KIND: sends one, to everybody."""
import socket
import sys

def frame(kind, source):
    mark = b"MARK-" + kind.encode() + b"-"
    ipx = bytes.fromhex("ffff 0028 00 14 00000000 ffffffffffff 4002 00000000") + source + bytes.fromhex("4002") + mark.ljust(20, b"-")
    bodies = {
        "ethernet2": (b"\x81\x37", ipx),
        "raw": (None, ipx),
        "llc": (None, b"\xe0\xe0\x03" + ipx),
        "snap": (None, b"\xaa\xaa\x03\0\0\0\x81\x37" + ipx),
        "netbeui": (None, b"\xf0\xf0\x03\x2c\0\xff\xef\x0a" + bytes(36) + mark),
        "netbeui-open": (b"\0\3", b"\xf0\xf0\x7f" + mark),  # SABME, and padding
        "netbeui-ready": (b"\0\4", b"\xf0\xf1\x01\x01" + mark),
        "ip-in-snap": (None, b"\xaa\xaa\x03\0\0\0\x08\x00\x45" + bytes(30) + mark),
        "stp": (None, b"\x42\x42\x03" + bytes(35) + mark),
    }
    type_or_none, body = bodies[kind]
    return b"\xff" * 6 + source + (type_or_none or len(body).to_bytes(2, "big")) + body.ljust(46, b"\0")

s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
if sys.argv[1] == "send":
    s.bind((sys.argv[2], 0))
    s.send(frame(sys.argv[3], s.getsockname()[4]))
    sys.exit()
s.bind((sys.argv[2], 3))  # ETH_P_ALL
print("looking", flush=True)
while True:
    data, address = s.recvfrom(2048)
    if address[2] != socket.PACKET_OUTGOING and b"MARK-" in data:
        print("saw", data[data.index(b"MARK-") + 5:].split(b"-\0")[0].rstrip(b"-").decode(), flush=True)
EOM
ipx() { at "$1" /usr/bin/python3 "$dir/ipx.py" "${@:2}"; } # PLACE WORD...
old="ethernet2 raw llc snap netbeui netbeui-open netbeui-ready"
crosses() { # FROM INTERFACE TO INTERFACE KIND
	start see "$3" /usr/bin/python3 "$dir/ipx.py" see "$4"
	ready see looking || return
	ipx "$1" send "$2" "$5"
	soon 2 said see "^saw $5$"
	set -- $?
	stop see
	return "$1"
}
pass() { # TITLE KIND...: both ways
	local kind
	for kind in "${@:2}"; do
		check "S1 $1: $kind gets into the room" crosses console lan player1 $tun "$kind"
		check "S1 $1: $kind gets into the LAN" crosses player1 $tun console lan "$kind"
	done
}
# One look for all of them, because it takes its time.
stopped() { # KIND...
	local kind
	start see player1 /usr/bin/python3 "$dir/ipx.py" see "$tun"
	start seen console /usr/bin/python3 "$dir/ipx.py" see lan
	ready see looking && ready seen looking || return
	for kind; do ipx console send lan "$kind" && ipx player1 send "$tun" "$kind"; done
	sleep 0.5
	stop see
	stop seen
	lacks '^saw' "$dir/see.out" && lacks '^saw' "$dir/seen.out"
}
join() { # RELAY'S AND MEMBERS' OPTION... -- GATEWAY'S OPTION...
	local all=()
	while [ "$1" != -- ]; do all+=("$1"); shift; done
	need "the relay starts" relay "${all[@]}"
	need "the gateway joins: ${*:2} ${all[*]}" gateway gateway "${@:2}" "${all[@]}"
	need "a player joins" client player1 player1 "${all[@]}"
}
leave() { stop player1; stop gateway; stop relay; }

join -- --lan lan
# shellcheck disable=SC2086 # several words
check "S1 nothing of it passes without an option" stopped $old stp ip-in-snap
for name in player1 gateway; do
	check "S1 $name: what to do for IPX is said" soon 2 said $name '^not_carried protocol=ipx text=.*--allow-ethertype 8137'
	check "S1 $name: and in 802.3 frames" soon 2 said $name '^not_carried protocol=ipx_802.3 text=.*--allow-ethertype 8137'
	check "S1 $name: and for NetBEUI" soon 2 said $name '^not_carried protocol=netbeui text=.*TCP/IP.*--allow-llc'
	check "S1 $name: once each" test "$(times $name '^not_carried')" = 3
done
leave

join --allow-ethertype 8137 -- --lan lan
pass "where IPX is allowed" ethernet2 raw llc snap
check "S1 nothing else does" stopped netbeui netbeui-open netbeui-ready stp ip-in-snap
leave

lab_bridge
join --allow-llc -- --bridge br0
pass "with --allow-llc, at a bridge" raw llc snap netbeui netbeui-open netbeui-ready
check "S1 other frames of IEEE 802.3 do not" stopped ethernet2 stp ip-in-snap
lab_finish
