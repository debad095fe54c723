#!/usr/bin/env bash
# A relay at home, behind a router that gives ports and holes for IPv6 (miniupnpd) or a made one; double NAT;
# carrier-grade NAT.
# rows: H1 H2
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
[ -x /usr/sbin/miniupnpd ] || lab_skip "needs miniupnpd: tools/setup --packages test"
lab_open home "$1"

# ---- the home: its router has a public address. miniupnpd takes those for documentation for private ones.
home=11.7.7.10
ip -n "$lab-gateway" link delete wan # the box has the LAN alone
ip -n "$lab-gateway" route add default via $router_ip
wan router 11.7.7 2001:db8:7 10
at router sysctl -qw net.ipv4.ip_forward=1
at router nft -f - <<'END'
table inet filter {
	chain forward { type filter hook forward priority 0; policy drop; jump miniupnpd; iifname "lan" accept; ct state established,related accept; }
	chain miniupnpd { }
	chain prerouting { type nat hook prerouting priority -100; jump prerouting_miniupnpd; }
	chain prerouting_miniupnpd { }
	chain postrouting { type nat hook postrouting priority 100; jump postrouting_miniupnpd; oifname "wan" masquerade; }
	chain postrouting_miniupnpd { }
}
END
router_offers() { # LINE...: of miniupnpd's configuration
	[ -z "${pid[upnpd]-}" ] || stop upnpd
	printf '%s\n' ext_ifname=wan listening_ip=lan http_port=5000 uuid=00000000-0000-0000-0000-000000000001 \
		secure_mode=yes "lease_file=$dir/upnp.leases" force_igd_desc_v1=no "$@" >"$dir/upnpd.conf"
	case "$*" in *deny*) ;; *) echo "allow 0-65535 0.0.0.0/0 0-65535" >>"$dir/upnpd.conf" ;; esac
	start upnpd router /usr/sbin/miniupnpd -d -f "$dir/upnpd.conf" -P "$dir/upnpd.pid"
	soon 5 said upnpd 'HTTP listening on port|listening on|Listening for'
}
gives() { # PORT, PORT OF THE BOX
	at router nft list chain inet filter prerouting_miniupnpd >"$dir/given"
	grep -E "dport $1 dnat ip to 192\.168\.77\.2:$2" "$dir/given"
}
takes_back() { at router nft list chain inet filter prerouting_miniupnpd >"$dir/given" && lacks "dport $1 " "$dir/given"; } # PORT
sets_up() { # NAME OPTION...: what it prints is in NAME.out
	at gateway "$bin/lanparty-relay" setup --home --config "$dir/$1.conf" --cert "$dir/home.crt" --key "$dir/home.key" --listen 8443 "${@:2}" \
		>"$dir/$1.out" 2>"$dir/$1.err" </dev/null || { cat "$dir/$1.out" "$dir/$1.err"; return 1; }
}
fails() { # NAME REGEX OPTION...: exit status 69, one sentence, and nothing is made
	ends_with 69 "port_not_mapped.*$2" gateway "$bin/lanparty-relay" setup --home --config "$dir/$1.conf" --cert "$dir/none.crt" --key "$dir/none.key" --listen 8443 "${@:3}" &&
		[ ! -e "$dir/$1.conf" ] && [ ! -e "$dir/none.crt" ]
}

# ---- nobody answers
check "H1 a router that gives no ports is told, with what to do" fails silent "$router_ip answers neither PCP nor NAT-PMP nor UPnP: turn one of them on"

# ---- PCP, and one machine for relay and gateway
need "a router speaks PCP, NAT-PMP and UPnP" router_offers enable_natpmp=yes enable_upnp=yes
need "H1 a relay is set up at home" sets_up pmp
check "it says what the router gave" grep -qE "^router +$home port 8443 of the router leads to this computer \(PCP\)" "$dir/pmp.out"
check "the port leads to it" gives 8443 8443
check "the configuration has it" grep -qx 'home = yes' "$dir/pmp.conf"
command=$(sed -nE "s/^next +on this computer: lanparty-gateway (.*)$/\1/p" "$dir/pmp.out")
check "the gateway's command goes by way of this computer" test "${command%% \'*}" = "setup --relay-address 127.0.0.1:8443"
sha256sum "$dir/pmp.conf" "$dir/home.crt" >"$dir/before"
check "a second time" sets_up pmp
check "nothing has changed" sha256sum --quiet -c "$dir/before"
runs_relay() { # CONFIG
	start relay gateway "$bin/lanparty-relay" --config "$dir/$1.conf"
	soon 5 said relay '^listening on ' && soon 10 said relay 'port_mapped|port_not_mapped'
}
need "the relay runs" runs_relay pmp
check "and keeps the port" said relay "port_mapped way=PCP address=$home port=8443"
eval "set -- $command" # the invite is quoted
gateway_is_set_up() {
	at gateway "$bin/lanparty-gateway" "$@" --lan lan --config "$dir/gateway.conf" --room-file "$dir/home.room" --host-key "$dir/home.hostkey" \
		>"$dir/gset.out" 2>"$dir/gset.err" </dev/null || { cat "$dir/gset.out" "$dir/gset.err"; return 1; }
}
need "H1 the gateway is set up with that command" gateway_is_set_up "$@"
invite=$(tail -n 1 "$dir/gset.out")
check "the players' invite has the home's address" test "${invite%%/????-*}" = "lanparty://$home:8443"
runs_gateway() {
	mkdir -p "$dir/state-gateway"
	start gateway gateway env STATE_DIRECTORY="$dir/state-gateway" "$bin/lanparty-gateway" --config "$dir/gateway.conf"
	joined gateway
}
need "H1 the gateway joins over this computer's own address" runs_gateway
check "a player cannot reach the console yet" not reaches player1 $console_ip
player_joins() {
	mkdir -p "$dir/state-player1"
	start player1 player1 env STATE_DIRECTORY="$dir/state-player1" "$bin/lanparty-client" --tap "$tun" "$invite"
	joined player1 && soon 15 said player1 '^address ip=192\.168\.77\.'
}
need "H1 a player joins from outside, with a lease of the home" player_joins
check "H1 and reaches the console" soon 5 reaches player1 $console_ip
stop player1
stop gateway
stop relay
check "the relay ends with 0" test "$status" = 0
check "the router has its port back" takes_back 8443

# ---- UPnP alone, with a name and another port outside
need "a router speaks UPnP alone" router_offers enable_natpmp=no enable_upnp=yes
need "a relay is set up by UPnP" sets_up upnp play.example.org:4433
check "it says so" grep -qE "^router +$home port 4433 .*\(UPnP\)" "$dir/upnp.out"
check "the invite has the name" grep -qF "'lanparty://play.example.org:4433?" "$dir/upnp.out"
need "it runs" runs_relay upnp
check "UPnP gives the port" gives 4433 8443
stop relay
check "and has it back" takes_back 4433

# ---- a router that refuses
need "a router gives ports to nobody" router_offers enable_natpmp=yes enable_upnp=yes "deny 0-65535 0.0.0.0/0 0-65535"
check "H1 a refusal is told" fails refused "the router $router_ip gives no port.*allow it"

# ---- behind another router
behind() { # ADDRESS OF THE ROUTER, OF THE NEXT ONE
	ip -n "$lab-router" -4 address flush dev wan
	ip -n "$lab-internet" -4 address flush dev router
	address internet router "$2/24"
	address router wan "$1/24"
	ip -n "$lab-router" route replace default via "$2"
	router_offers enable_natpmp=yes enable_upnp=yes
}
need "the router is behind another one" behind 192.168.1.2 192.168.1.1
check "H1 double NAT is named" fails double "double NAT: the router $router_ip is behind another router .*192\.168\.1\.[12].*bridge mode"
need "the provider shares an address" behind 100.64.9.2 100.64.9.1
check "H1 carrier-grade NAT is named" fails shared "carrier-grade NAT: .*100\.64\.9\.[12].*public host"
stop upnpd

# ---- a router whose description has no end, and one whose description never comes
cat >"$dir/endless.py" <<'END'
import socket, struct, sys, threading, time
def serve(peer):
    try:
        peer.recv(4096)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n<root>")
        while sys.argv[1] == "much":
            peer.sendall(b"<a>" * 100000)
        while True:
            peer.sendall(b" ")
            time.sleep(0.5)
    except OSError:
        print("gone", flush=True)
def accept():
    s = socket.create_server(("192.168.77.1", 5001))
    while True:
        threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
threading.Thread(target=accept, daemon=True).start()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 1900))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.255.255.250") + socket.inet_aton("192.168.77.1"))
print("answering", flush=True)
kind = "urn:schemas-upnp-org:device:InternetGatewayDevice:1"
while True:
    data, peer = s.recvfrom(2048)
    if b"M-SEARCH" in data:
        s.sendto(f"HTTP/1.1 200 OK\r\nST: {kind}\r\nUSN: uuid:1::{kind}\r\nLOCATION: http://192.168.77.1:5001/x\r\n\r\n".encode(), peer)
END
start endless router /usr/bin/python3 "$dir/endless.py" much
soon 5 said endless answering
check "H1 a router that sends without end is none" ends_with 69 'port_not_mapped' gateway "$bin/lanparty-relay" setup --home --config "$dir/none.conf" --cert "$dir/none.crt" --key "$dir/none.key" --listen 8443
check "it was asked" said endless gone
stop endless
start endless router /usr/bin/python3 "$dir/endless.py" slow
soon 5 said endless answering
waits() { # for longer than ends_with does
	at gateway timeout 60 "$bin/lanparty-relay" setup --home --config "$dir/none.conf" --cert "$dir/none.crt" --key "$dir/none.key" --listen 8443 >"$dir/waits.out" 2>&1 </dev/null
	[ $? = 71 ] && grep -q 'mapping_failed.*by hand' "$dir/waits.out"
}
check "H1 one that never ends its answer is given up" waits
stop endless

# ---- renewal and a new address, by a router that is made for it
cat >"$dir/natpmp.py" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.168.77.1", 5351))
asked = 0
print("answering", flush=True)
while True:
    data, peer = s.recvfrom(64)
    if data[0] != 0: # PCP
        s.sendto(struct.pack("!BBHI", 0, 128 | data[1], 1, asked), peer)
    elif data[1] == 0:
        s.sendto(struct.pack("!BBHI4s", 0, 128, 0, asked, socket.inet_aton(sys.argv[1] if asked < 3 else sys.argv[2])), peer)
    else:
        inner, outer, seconds = struct.unpack("!4xHHI", data)
        asked += seconds > 0
        print("asked" if seconds else "returned", inner, outer, seconds, flush=True)
        outer += outer == 4433 or asked > int(sys.argv[3]) # which another computer has
        s.sendto(struct.pack("!BBHIHHI", 0, 129, 0, asked, inner, outer, min(seconds, 4)), peer)
END
starts_natpmp() { # ADDRESS OF THE ROUTER, LATER ONE [ASKS AFTER WHICH THE PORT CHANGES]
	start natpmp router /usr/bin/python3 "$dir/natpmp.py" "$1" "$2" "${3-1000}"
	soon 5 said natpmp answering
}
need "a router with a private address opens ports all the same" starts_natpmp 192.168.1.2 192.168.1.2
check "H1 double NAT is named" fails nowhere 'double NAT'
check "H1 the port that leads nowhere is not left open" said natpmp '^returned 8443 0 0'
stop natpmp
need "a router with a private address" starts_natpmp 192.168.1.2 192.168.1.2
need "a relay runs behind it" runs_relay pmp
check "H1 that has the port, which leads nowhere" said natpmp '^asked 8443 8443 3600'
stop relay
check "H1 which is not left open at its end either" said natpmp '^returned 8443 0 0'
stop natpmp
need "a router whose address changes" starts_natpmp 11.7.7.10 11.7.7.11
need "a relay with a port for 4 s" runs_relay pmp
check "H1 NAT-PMP gives it to a router without PCP" said relay "port_mapped way=NAT-PMP address=$home port=8443"
loses_hole() { # as when a device of the LAN never ends its answer: the time of the process runs out
	pkill -ALRM -P "${pid[relay]}" -x lanparty-hole && soon 5 said relay 'mapping_ended.*IPv6.*the port of IPv4 stays'
}
check "H1 what asks for IPv6 can end" loses_hole
check "H1 renews it before it expires" soon 7 said_times natpmp '^asked 8443 8443 3600' 3
check "H1 a new address of the home is told" soon 5 said relay 'external_address_changed address=11\.7\.7\.11 port=8443'
stop relay
check "H1 and gives it back at its end" said natpmp '^returned 8443 0 0'
need "a relay whose router gives another port than invites have" runs_relay upnp
check "H1 that is told" said relay 'external_port_changed port=4434 expected=4433 .*send new invites'
check "H1 once" stays 5 not said_times relay external_port_changed 2
stop relay
stop natpmp
need "a router that gives another port later" starts_natpmp 11.7.7.10 11.7.7.10 1
need "a relay has the first one" runs_relay pmp
check "H1 it is told of the other" soon 7 said relay 'external_port_changed port=8444 expected=8443'
check "H1 which is not given back with the first" not said natpmp '^returned'
stop relay
check "H1 but at the end" said natpmp '^returned 8443 0 0'

stop natpmp

# ---- IPv6: each computer has an address of its own, and the router's firewall is in the way
own6=2001:db8:77::2
has_ipv6() { # the router's UPnP speaks IPv6 from the first address that it has
	ip -n "$lab-router" -6 address flush dev lan scope global
	address router lan 2001:db8:77::1/64
	address gateway lan "$own6/64"
	ip -n "$lab-internet" route add 2001:db8:77::/64 via 2001:db8:7::10
	ip -n "$lab-gateway" route add default via "$(link_local router lan)" dev lan
	at router sysctl -qw net.ipv6.conf.all.forwarding=1
	soon 5 reaches gateway 2001:db8:77::1
}
offers6() { router_offers ext_ifname6=wan "$@"; }
opens6() { # nft shows what it does not know as raw bytes
	at router nft list chain inet filter miniupnpd >"$dir/holes"
	grep -E "dport 8443 .*(0x20010db8007700000000000000000002|$own6)" "$dir/holes"
}
# miniupnpd 2.3.1 forgets whose hole it is when it is asked again, as by setup and then by the relay, and does not
# close it for anybody.
forgets_holes() { at router nft flush chain inet filter miniupnpd; }
need "the home has a public address again" behind $home 11.7.7.1
stop upnpd
need "and IPv6" has_ipv6
need "a router without PCP and UPnP" starts_natpmp 11.7.7.10 11.7.7.10
need "a relay is set up by IPv4" sets_up four
check "H1 that IPv6 is blocked is told" grep -qE "^router +this computer has the public address $own6, but the router opens no port" "$dir/four.out"
check "the invite has IPv4 alone" lacks 'at=' "$dir/four.out"
stop natpmp
need "a router speaks PCP for IPv6" offers6 enable_natpmp=yes enable_upnp=no
need "H1 a relay is set up for both" sets_up both
check "it says so" grep -qE "^router +\[$own6\] port 8443 leads to this computer by IPv6 \(PCP\)" "$dir/both.out"
check "H1 the invite names both addresses" grep -qE "'lanparty://$home:8443\?pin=[^&]*&at=\[$own6\]:8443'" "$dir/both.out"
sha256sum "$dir/both.conf" >"$dir/before"
check "a second time" sets_up both
check "nothing has changed" sha256sum --quiet -c "$dir/before"
check "and nothing is said" prints_nothing cat "$dir/both.err"
check "the router has let IPv6 in" opens6
check "it forgets that" forgets_holes
need "the relay runs" runs_relay both
check "and keeps the hole" soon 5 said relay "port_mapped way=PCP address=$own6 port=8443"
check "the router lets IPv6 in" opens6
stop relay
check "the hole is closed at its end" not opens6
no_pcp() { # miniupnpd speaks it in IPv6 in any case
	at router nft -f - <<<'table inet nopcp { chain input { type filter hook input priority 0; udp dport 5351 reject; }; }'
}
need "a router speaks UPnP alone" offers6 enable_natpmp=no enable_upnp=yes
need "and no PCP" no_pcp
need "the relay runs again" runs_relay both
check "H1 UPnP makes a hole, too" soon 15 said relay "port_mapped way=UPnP address=$own6 port=8443"
check "which is one" opens6
stop relay
check "and is closed at its end" not opens6
stop upnpd
at router nft delete table inet nopcp
behind6() { # the provider shares its addresses of IPv4, and gives IPv6
	behind 100.64.9.2 100.64.9.1
	stop upnpd
	offers6 enable_natpmp=yes enable_upnp=yes
}
need "a home behind carrier-grade NAT, with IPv6" behind6
need "H1 a relay is set up by IPv6 alone" sets_up six
check "it says who cannot reach it" grep -qE "^router +not by IPv4: carrier-grade NAT: " "$dir/six.out"
check "likewise" grep -qE "^router +\[$own6\] port 8443 .*; only players with IPv6" "$dir/six.out"
six=$(sed -nE "s/^next .*'(lanparty:.*)'$/\1/p" "$dir/six.out")
check "H1 the invite has that address" test "${six%%\?*}" = "lanparty://[$own6]:8443"
need "the relay runs there" runs_relay six
reaches_relay() { at player1 timeout 20 "$bin/lanparty-client" check "$six" >"$dir/check.out" 2>&1; }
check "H1 a player reaches it from outside" soon 5 reaches_relay
at router nft flush chain inet filter miniupnpd
check "which is due to the hole" not reaches_relay
stop relay

# ---- set up again where other families work than before: no line is changed, and the invite has what works
names() { grep -qE "'lanparty://$2\?pin=[^&]*&at=$3'" "$dir/$1.out" || { cat "$dir/$1.out"; return 1; }; } # NAME, FIRST, OTHERS
own6_shown="\[$own6\]:8443"
stays_full() { # IPv6 is not in this file, and no more fit in
	printf 'also = a%s.test\n' 1 2 3 >>"$dir/full.conf"
	sets_up full && grep -qF "option=also hint=\"invites name no more endpoints, and [$own6]:8443 is not" "$dir/full.err"
}
cp "$dir/four.conf" "$dir/full.conf"
check "H1 a relay of IPv4 alone is set up again" sets_up four
check "H1 its invite has IPv6, too" names four "$home:8443" "$own6_shown"
check "H1 the first address, which is lost, is told with what to write" grep -qF "external_address_changed address=$own6 port=8443 hint=\"the router does not lead from $home:8443 to this relay now: write public-name = [$own6]:8443 into $dir/four.conf" "$dir/four.err"
check "the line of the first one stays" grep -qx "public-name = $home:8443" "$dir/four.conf"
check "H1 an endpoint that does not fit in is told" stays_full
check "H1 a relay that has both is set up again" sets_up both
check "H1 its invite stays" names both "$home:8443" "$own6_shown"
check "H1 that the first address is lost is told" grep -qF "the router does not lead from $home:8443" "$dir/both.err"
back() { behind "$home" 11.7.7.1 && stop upnpd && offers6 enable_natpmp=yes enable_upnp=yes; }
need "the home has a public address of IPv4 again" back
check "H1 a relay of IPv6 alone is set up again" sets_up six
check "H1 its invite has IPv4, too, and nothing twice" names six "$own6_shown" "$home:8443"
check "nothing is lost" lacks external_address_changed "$dir/six.err"
check "a third time" sets_up six
check "H1 the invite stays" names six "$own6_shown" "$home:8443"
lab_finish
