#!/usr/bin/env bash
# What a host does: checks a relay, sets relay and gateway up, and sends invites.
# rows: H1 W1
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
command -v zbarimg >/dev/null || lab_skip "needs zbarimg: tools/setup --packages test"
lab_open setup "$1"

# ---- check
other=sha256:$(printf '07%.0s' {1..32})
relay --log-level debug
checks() { # STATUS SENTENCE [OPTION...] INVITE: as a user without rights
	ends_with "$1" "$2" player1 setpriv --reuid=nobody --clear-groups "$bin/lanparty-client" check "${@:3}"
}
check "the relay answers" checks 0 '^protocol version=1$' "lanparty://$relay_ip?pin=$pin"
check "each step has a line" diff <(sed -E 's/rtt_ms=[0-9.]+/rtt_ms=N/' "$dir/ends.out") - <<END
resolved name=$relay_ip addresses=1
answered address=$relay_ip:443 rtt_ms=N over=udp
certificate trusted_by=pin
protocol version=1
END
check "the steps are JSON when that is wanted" checks 0 '^\{"event":"certificate","trusted_by":"pin"\}$' --log-format json "lanparty://$relay_ip?pin=$pin"
check "another certificate" checks 79 'not the pinned one' "lanparty://$relay_ip?pin=$other"
check "a room in the invite is not asked for" checks 0 '^protocol ' "lanparty://$relay_ip/7H2K-9QWX-M4TD-PZ83?pin=$pin"
check "a mistyped code" checks 64 'typing error' "lanparty://$relay_ip/7H2K-9QWX-M4TD-PZ84?pin=$pin"
check "an unknown name" checks 68 'not known' "lanparty://relay.test?pin=$pin"
check "the relay's log has all that it says" said relay 'level=debug'
check "and nothing of a check" lacks 'event=(peer_|rejected|connection)' "$dir/relay.err"
stop relay
check "nor has anybody joined" said relay 'event=summary joins=0 rejects=0 leaves=0 '
pin=''

# ---- the relay's setup, with files of its own in /etc and /run; systemctl only takes notes
build=$(cd "$bin/.." && pwd)
etc=$(sed -n 's,^ExecStart=.* --config \(.*\)/relay\.conf$,\1,p' "$build/systemd/lanparty-relay.service")
mkdir "$dir/tools"
cat >"$dir/tools/systemctl" <<END
#!/bin/sh
if [ "\$1" = show ]; then
	[ -e "$dir/never-joins" ] && echo Connecting || echo "In the room"
	exit
fi
echo "\$*" >>"$dir/systemctl"
[ ! -e "$dir/systemctl-fails" ] && [ ! -e "$dir/\$2-fails" ]
END
chmod +x "$dir/tools/systemctl"
new_etc() { # PLACE: what the programs and the shell need of it
	rm -rf "$dir/etc-$1"
	mkdir "$dir/etc-$1" && cp -a /etc/{passwd,group,nsswitch.conf,ld.so.cache,hosts} "$dir/etc-$1"
}
need "each place has files of its own" eval 'new_etc vps && new_etc gateway'
# shellcheck disable=SC2016 # the inner shell's
inside='mount --bind "$1" /etc && mount --bind "$1" "$2" && mount -t tmpfs none /run && shift 2 && exec "$@"'
private() { # PLACE COMMAND...
	at "$1" env PATH="$dir/tools:$PATH" sh -c "$inside" - "$dir/etc-$1" "${etc%/*}" "${@:2}"
}
booted() { # PLACE COMMAND...: where systemd runs
	private "$1" sh -c 'mkdir -p /run/systemd/system && exec "$@"' - "${@:2}"
}
sets_up() { # NAME PLACE COMMAND...: what it prints is in NAME.out
	booted "${@:2}" >"$dir/$1.out" 2>"$dir/$1.err" </dev/null || { cat "$dir/$1.out" "$dir/$1.err"; return 1; }
}
asked_systemd() { # LINE...
	printf '%s\n' "$@" | diff "$dir/systemctl" -
}
files=$dir/etc-vps/lanparty

check "setup needs a name" ends_with 64 'under which name' vps "$bin/lanparty-relay" setup --config "$dir/none"
check "the relay's setup needs root" ends_with 77 'as root' vps setpriv --reuid=nobody --clear-groups "$bin/lanparty-relay" setup "$relay_ip" --config "$dir/none"
need "H1 a relay is set up" sets_up first vps "$bin/lanparty-relay" setup "$relay_ip"
check "its service is enabled and started anew" asked_systemd "--quiet restart lanparty-relay" "--quiet enable lanparty-relay"
check "only root can read the key" test "$(stat -c %a "$files/relay.key")" = 600
sha256sum "$files"/relay.* >"$dir/before"
rm "$dir/systemctl"
same_again() { # PROGRAM PLACE OPTION...: after it was set up as "first"
	check "$1 is set up a second time" sets_up second "$2" "$bin/lanparty-$1" setup "${@:3}"
	check "its setup prints the same" diff "$dir/first.out" "$dir/second.out"
	check "and says nothing else" prints_nothing cat "$dir/first.err" "$dir/second.err"
	check "the files of $1 stay" sha256sum --quiet -c "$dir/before"
	check "its service is not restarted" asked_systemd "--quiet start lanparty-$1" "--quiet enable lanparty-$1"
}
same_again relay vps "$relay_ip"
check "another name does not replace the first" sets_up other vps "$bin/lanparty-relay" setup other.example
check "it says which one stays" grep -q "option_kept.*value=$relay_ip " "$dir/other.err"
check "and prints that one" grep -q "setup 'lanparty://$relay_ip?" "$dir/other.out"
check "certificate, key and configuration stay again" sha256sum --quiet -c "$dir/before"
fails() { # of a service that does not start
	touch "$dir/systemctl-fails"
	not sets_up failed vps "$bin/lanparty-relay" setup "$relay_ip"
	set -- $?
	rm "$dir/systemctl-fails"
	[ "$1" = 0 ] && grep -q 'service_failed.*journalctl -u lanparty-relay' "$dir/failed.err"
}
check "a service that does not start is told" fails
cannot_be_enabled() { # the next run finds nothing changed
	rm -f "$dir/systemctl"
	mv "$files/relay.conf" "$dir/kept.conf"
	touch "$dir/enable-fails"
	not sets_up failed vps "$bin/lanparty-relay" setup "$relay_ip"
	set -- $?
	rm "$dir/enable-fails"
	mv "$dir/kept.conf" "$files/relay.conf"
	[ "$1" = 0 ] && asked_systemd "--quiet restart lanparty-relay" "--quiet enable lanparty-relay"
}
check "a service that cannot be enabled has its new files all the same" cannot_be_enabled
without_systemd() {
	private vps "$bin/lanparty-relay" setup "$relay_ip" >"$dir/bare.out" &&
		grep -qE "^service +systemd does not run here, start .*: lanparty-relay --config $etc/relay.conf$" "$dir/bare.out"
}
check "without systemd, setup says how to start the relay" without_systemd
mkdir "$dir/alone" && echo mine >"$dir/alone/relay.key"
lone() {
	not sets_up alone vps "$bin/lanparty-relay" setup host.test --config "$dir/alone/relay.conf" --cert "$dir/alone/relay.crt" --key "$dir/alone/relay.key" &&
		grep -q 'certificate_unreadable .*the certificate is not there' "$dir/alone.err"
}
check "a key without its certificate is refused" lone
check "the key stays" grep -qx mine "$dir/alone/relay.key"
check "no certificate or configuration is made beside it" test "$(ls "$dir/alone")" = relay.key

# ---- the relay's port
own() { # OPTION...: a relay with files of its own; what it prints is in own.out and own.err
	sets_up own vps "$bin/lanparty-relay" setup --config "$dir/own/relay.conf" --cert "$dir/own/relay.crt" --key "$dir/own/relay.key" "$@"
}
names() { # RELAY OPTION...: in the invite of a new relay
	rm -rf "$dir/own"
	own "${@:2}" && grep -qF "setup 'lanparty://$1?" "$dir/own.out" && cp "$dir/own/relay.conf" "$dir/own.conf"
}
again() { own "$@" && prints_nothing cat "$dir/own.err" && diff "$dir/own.conf" "$dir/own/relay.conf"; }
stays_at_its_port() { # OPTION...
	not own "$@" && grep -q 'option_kept.*edit public-name and listen' "$dir/own.err" && diff "$dir/own.conf" "$dir/own/relay.conf"
}
check "its port is in the invite" names host.test:8443 --listen 8443 host.test
check "the same port again changes nothing" again --listen 8443 host.test
check "nor does no port" again host.test
check "another port is refused" stays_at_its_port --listen 443 host.test
check "another port of the invite alone, too" stays_at_its_port --listen 8443 host.test:443
printf 'listen = 8444\nlisten = 8445\n' >>"$dir/own/relay.conf"
cp "$dir/own/relay.conf" "$dir/own.conf"
check "more ports can stand in the configuration" again host.test
check "which one the invite takes is said" grep -qE '^port +8443, of the first of 3 lines listen' "$dir/own.out"
check "setup takes one of them" again --listen 8443 host.test
check "and no more than one" ends_with 64 'takes one --listen' vps "$bin/lanparty-relay" setup --listen 1 --listen 2 host.test
check "an invite with port 443 for another port here" names host.test host.test:443 --listen 8443
check "as often as it is set up" again host.test:443 --listen 8443
check "the port beside an IPv6 address" names '[2001:db8::1]:8443' --listen 8443 '[2001:db8::1]'
over_udp_alone() { names host.test --no-tcp host.test && grep -q 'open UDP port 443 in it' "$dir/own.out" && grep -qx 'no-tcp = yes' "$dir/own.conf"; }
check "W2 with --no-tcp the firewall opens UDP alone, and the configuration has it" over_udp_alone
check "port 443 beside an IPv6 address" names '[2001:db8::1]' --listen 8443 '[2001:db8::1]:443'
further() { # two endpoints, in the configuration and in the invite
	names host.test host.test --also host.test:4500 --also '[2001:db8::5]' &&
		[ "$(grep -c '^also = ' "$dir/own/relay.conf")" = 2 ] &&
		grep -q "&at=host.test:4500&at=\[2001:db8::5\]'$" "$dir/own.out"
}
check "W1 further endpoints are kept" further
check "W1 and named again" again host.test
check "W1 others do not replace them" own host.test --also other.test
check "W1 and that is said" grep -q 'option_kept .*option=also ' "$dir/own.err"
check "W1 the invite names those that are kept" grep -q "&at=host.test:4500&at=\[2001:db8::5\]'$" "$dir/own.out"
check "the port that is the default" names host.test host.test
check "a relay at that port moves to no other" stays_at_its_port --listen 8443 host.test
check "nor without its name" stays_at_its_port --listen 8443

# ---- files that the services do not read
is_left() { # NAME FILE: the service of systemd
	grep -qE "^service +the service of systemd reads other files, start .*: $1 --config $2$" "$dir/own.out" && [ ! -e "$dir/systemctl" ]
}
left_relay() { # CONFIG OPTION...
	rm -rf "$dir/systemctl" "$dir/own"
	sets_up own vps "$bin/lanparty-relay" setup host.test --config "$@" && is_left lanparty-relay "$1"
}
check "the service does not read another configuration" left_relay "$dir/own/relay.conf" --cert "$etc/relay.crt" --key "$etc/relay.key"
mv "$files/relay.conf" "$dir/kept.conf"
cp "$files"/relay.* "$dir/"
check "nor another certificate" left_relay "$etc/relay.conf" --cert "$dir/relay.crt" --key "$etc/relay.key"
not_another() { # LINE OPTION...: in the configuration
	echo "$1" >"$dir/own.conf"
	cp "$dir/own.conf" "$files/relay.conf"
	not sets_up own vps "$bin/lanparty-relay" setup host.test "${@:2}" &&
		grep -q 'level=error event=option_kept' "$dir/own.err" && diff "$dir/own.conf" "$files/relay.conf"
}
rm "$files/relay.conf"
check "the service does not read another key" left_relay "$etc/relay.conf" --cert "$etc/relay.crt" --key "$dir/relay.key"
check "another certificate than the configuration's is refused" not_another "cert = $etc/relay.crt" --cert "$dir/own/relay.crt" --key "$etc/relay.key"
check "another key than the configuration's is refused" not_another "key = $etc/relay.key" --cert "$etc/relay.crt" --key "$dir/own/relay.key"
mv "$dir/kept.conf" "$files/relay.conf"

# ---- a certificate that every computer trusts
ca=$dir/ca
mkdir -p "$ca/known"
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
authority() {
	new_key "$ca/root.key" && openssl req -x509 -new -key "$ca/root.key" -subj /CN=root -days 3650 -out "$ca/known/root.pem" \
		-addext keyUsage=critical,keyCertSign
}
issue() { # NAME DAYS: for relay.test
	new_key "$ca/$1.key" && openssl req -new -key "$ca/$1.key" -subj /CN=relay.test |
		openssl x509 -req -CA "$ca/known/root.pem" -CAkey "$ca/root.key" -days "$2" -out "$ca/$1.crt" \
			-extfile <(echo "subjectAltName = DNS:relay.test,IP:$relay_ip")
}
need "a certificate authority" authority
need "two certificates of it" eval 'issue first 90 && issue renewed 90'
knows() { # PLACE COMMAND...: where this authority is known
	# shellcheck disable=SC2016 # $1, $@: of the inner shell
	at "$1" sh -c 'mount --bind "$1" /etc/ssl/certs && shift && exec "$@"' - "$ca/known" "${@:2}"
}
public() { # CERTIFICATE COMMAND OPTION...: of a relay with it
	knows vps "$bin/lanparty-relay" "${@:2}" --config "$dir/public.conf" --cert "$ca/$1.crt" --key "$ca/$1.key" >"$dir/public.out"
}
needs_pin() { # CERTIFICATE NAME
	public "$1" setup "$2" && rm "$dir/public.conf" && grep -q "setup 'lanparty://$2?pin=sha256:[0-9a-f]*'$" "$dir/public.out"
}
needs_none() { # CERTIFICATE NAME
	public "$1" setup "$2" && grep -q "setup 'lanparty://$2'$" "$dir/public.out" && grep -q 'invites need no pin' "$dir/public.out"
}
check "another name needs a pin" needs_pin first other.test
mkdir "$ca/none"
needs_pin_elsewhere() { (mv "$ca/known" "$ca/held" && mkdir "$ca/known" && needs_pin first relay.test; set -- $?; rmdir "$ca/known"; mv "$ca/held" "$ca/known"; exit "$1"); }
check "and so does an authority that nobody knows" needs_pin_elsewhere
check "a certificate of a known authority needs no pin" needs_none first "$relay_ip"
prints_bare() { public first invite && [ "$(cat "$dir/public.out")" = "lanparty://$relay_ip" ]; }
check "nor does the invite" prints_bare
joins_public() { # CERTIFICATE: the relay with it is found by that invite
	start relay vps "$bin/lanparty-relay" --cert "$ca/$1.crt" --key "$ca/$1.key"
	soon 5 said relay '^listening on ' && knows player1 "$bin/lanparty-client" check "$(cat "$dir/public.out")"
	set -- $?
	stop relay
	return "$1"
}
check "a relay is found by it" joins_public first
check "and after the certificate was renewed, with another key" joins_public renewed

# ---- what the firewall needs
advises() { # REGEX COMMANDS [WRAPPER...]: before setup
	booted vps sh -c "$2; exec \"\$@\" setup $relay_ip" - "${@:3}" "$bin/lanparty-relay" >"$dir/advice" && grep -qE "^firewall +$1" "$dir/advice"
}
check "where no firewall is, setup says so" grep -qE '^firewall +no firewall was found' "$dir/first.out"
check "with ufw, setup has its command" advises 'ufw is active[.] .*: ufw allow 443$' 'mkdir /etc/ufw; echo ENABLED=yes >/etc/ufw/ufw.conf'
check "with ufw that is off, setup finds no firewall" advises 'no firewall was found' 'echo ENABLED=no >/etc/ufw/ufw.conf'
check "with firewalld, setup has its command" advises 'firewalld is active[.] .*--add-port=443/udp --add-port=443/tcp ' 'touch /run/firewalld.pid'
rules_can_drop() {
	at vps nft 'table inet own { chain arriving { type filter hook input priority 0; policy accept; udp dport 443 drop; }; }' &&
		advises 'this computer.s firewall has rules .*: nft insert rule inet own arriving meta l4proto [{] tcp, udp [}] th dport 443 accept;' : &&
		at vps nft delete table inet own
}
check "rules that can drop, in a chain that accepts" rules_can_drop
cannot_be_read() { advises 'the rules of this computer.s firewall cannot be read' : setpriv --inh-caps=-net_admin --bounding-set=-net_admin; }
check "rules that cannot be read" cannot_be_read
legacy() {
	at vps iptables-legacy -P INPUT DROP &&
		advises 'this computer drops .*: iptables-legacy -I INPUT -p udp --dport 443 -j ACCEPT; iptables-legacy -I INPUT -p tcp --dport 443 -j ACCEPT;' : &&
		at vps iptables-legacy -P INPUT ACCEPT && at vps iptables-legacy -A INPUT -j DROP &&
		advises 'this computer.s firewall has rules .*: iptables-legacy -I INPUT ' : &&
		at vps iptables-legacy -F
}
if at vps iptables-legacy -L >/dev/null 2>&1; then
	check "rules of iptables' older interface" legacy
else
	left_out "rules of iptables' older interface" "this kernel does not have it"
fi
at vps nft -f - <<END
table inet mine { chain arriving { type filter hook input priority 0; policy drop; icmpv6 type != echo-request accept; }; }
END
check "with a chain of nftables that drops, setup has its command" advises 'this computer drops .*: nft insert rule inet mine arriving meta l4proto [{] tcp, udp [}] th dport 443 accept;' :
runs_relay() {
	start relay vps sh -c "$inside" - "$dir/etc-vps" "${etc%/*}" "$bin/lanparty-relay" --config "$etc/relay.conf"
	ready relay '^listening on '
}
need "the relay runs with that configuration" runs_relay
invite=$(sed -nE "s/^next .*lanparty-gateway setup '(.*)'$/\1/p" "$dir/first.out")
check "the firewall keeps everybody out, and check says so" checks 69 'the relay does not answer' "$invite"
command=$(sed -nE 's/^firewall .*: (nft .*); then.*/\1/p' "$dir/advice")
check "its command is right" at vps sh -c "$command"
check "the relay answers, with the pin of the invite" checks 0 '^certificate trusted_by=pin$' "$invite"

# ---- invites and their QR codes
prints_relay() { [ "$(private vps "$bin/lanparty-relay" invite)" = "$invite" ]; }
check "the relay's invite again" prints_relay
qr_is() { # INVITE FILE: what a real reader reads
	[ "$(zbarimg --nodbus -q --raw "$2")" = "$1" ]
}
# Each character of the terminal is two modules; as a picture of 4 pixels per module.
picture='import sys
rows = []
for line in sys.stdin.read().splitlines():
    if line.startswith("\033[30;107m"):
        line = line.removeprefix("\033[30;107m").removesuffix("\033[0m")
        rows += [[c in "\u2580\u2588" for c in line], [c in "\u2584\u2588" for c in line]]
print("P1", 4 * len(rows[0]), 4 * len(rows))
for row in rows:
    for _ in range(4): print(*("0001"[3 * dark] for dark in row for _ in range(4)))'
shows() { # INVITE PLACE COMMAND...: with a code in a file and on the terminal
	private "${@:2}" --qr --png "$dir/code.png" >"$dir/shown" || return
	qr_is "$1" "$dir/code.png" || return
	PYTHONIOENCODING=utf-8 PYTHONUTF8=1 python3 -c "$picture" <"$dir/shown" >"$dir/shown.pbm" && qr_is "$1" "$dir/shown.pbm"
}
picture_is_secret() { [ "$(stat -c %a "$dir/code.png")" = 600 ]; }
touch "$dir/code.png" && chmod 644 "$dir/code.png"
check "H1 its QR code can be read, from a file and from a terminal" shows "$invite" vps "$bin/lanparty-relay" invite
check "nobody else can read the file, although they could read the former one" picture_is_secret

# ---- the gateway's setup
room=$dir/etc-gateway/lanparty/room
rm "$dir/systemctl"
check "the gateway's setup needs an invite" ends_with 64 'which relay' gateway "$bin/lanparty-gateway" setup --config "$dir/none" --room-file "$dir/none" --lan lan
check "the gateway's setup needs root" ends_with 77 'as root' gateway setpriv --reuid=nobody --clear-groups "$bin/lanparty-gateway" setup "$invite" --config "$dir/none"
wrong() { # STATUS SENTENCE OPTION...: nothing is made
	booted gateway "$bin/lanparty-gateway" setup "${@:3}" >"$dir/wrong.out" 2>"$dir/wrong.err"
	[ $? = "$1" ] && grep -qE "$2" "$dir/wrong.err" &&
		[ ! -e "$room" ] && [ ! -e "$dir/etc-gateway/lanparty/gateway.conf" ] && [ ! -e "$dir/systemctl" ]
}
check "a relay with another certificate: nothing is made" wrong 79 'not the pinned one' --lan lan "lanparty://$relay_ip?pin=$other"
check "both kinds of LAN: nothing is made" wrong 64 'which LAN' --lan lan --bridge br0 "$invite"
need "H1 a gateway is set up" sets_up first gateway "$bin/lanparty-gateway" setup --lan lan "$invite"
check "its service is enabled and started anew" asked_systemd "--quiet restart lanparty-gateway" "--quiet enable lanparty-gateway"
check "it waits until the gateway has joined" grep -qE '^joined +the gateway is in the room$' "$dir/first.out"
check "and until a DHCP server of the LAN has answered" grep -qE '^dhcp +a DHCP server of this LAN answers' "$dir/first.out"
check "which has given out no lease" test ! -s "$dir/leases"
check "only root can read the room" test "$(stat -c %a "$room")" = 600
key=$dir/etc-gateway/lanparty/host.key
check "N4 only root can read the host key" test "$(stat -c %a "$key")" = 600
sha256sum "$room" "$key" "$dir/etc-gateway/lanparty/gateway.conf" >"$dir/before"
rm "$dir/systemctl"
same_again gateway gateway "$invite" # without an option
players=$(tail -n 1 "$dir/first.out")
print=sha256:$(openssl pkey -in "$key" -pubout -outform der | sha256sum | cut -d' ' -f1)
check "N4 the invite has the host key" grep -qE "&host=$print\$" <<<"$players"
never_joins() {
	touch "$dir/never-joins"
	not sets_up own gateway "$bin/lanparty-gateway" setup "$invite"
	set -- $?
	rm "$dir/never-joins"
	[ "$1" = 0 ] && grep -q 'event=not_joined .*journalctl -u lanparty-gateway' "$dir/own.err" && ! grep -q lanparty:// "$dir/own.out"
}
check "a gateway that does not join is told, and prints no invite" never_joins
says_of_dhcp() { # SENTENCE [COMMAND...]
	sets_up own gateway "${@:2}" "$bin/lanparty-gateway" setup "$invite" && grep -qE "^dhcp +$1" "$dir/own.out"
}
silent_lan() { # SENTENCE
	kill -STOP "${pid[dhcp]}"
	says_of_dhcp "$1"
	set -- $?
	kill -CONT "${pid[dhcp]}"
	return "$1"
}
check "a LAN without a DHCP server is told, too" silent_lan 'no DHCP server of this LAN answers'
check "so is that it cannot be asked" says_of_dhcp 'not known, because .*Operation not permitted' setpriv --bounding-set=-net_raw
own_dhcp() { # COMMAND...
	start owndhcp gateway dnsmasq -k --conf-file=/dev/null --port=0 --bind-interfaces --interface=lan --no-ping --user=root --log-facility=- \
		--dhcp-range=192.168.77.200,192.168.77.210,2m \
		--dhcp-leasefile="$dir/own.leases" --pid-file=
	ready owndhcp 'IP range' && "$@"
	set -- $?
	stop owndhcp
	return "$1"
}
check "H1 so is a DHCP server on the gateway, which players do not reach" own_dhcp silent_lan 'only the DHCP server of this computer answers, .*--bridge'
check "H1 beside one of the LAN, that one counts" own_dhcp says_of_dhcp 'a DHCP server of this LAN answers'
same_room() { # OPTION...: INVITE of another room
	sets_up again gateway "$bin/lanparty-gateway" setup "$@" && [ "$(tail -n 1 "$dir/again.out")" = "$players" ] &&
		grep -q room_kept "$dir/again.err" && sha256sum --quiet -c "$dir/before"
}
left_gateway() { # CONFIG OPTION...
	rm -rf "$dir/systemctl" "$dir/own"
	sets_up own gateway "$bin/lanparty-gateway" setup --lan lan "$invite" --config "$@" && is_left lanparty-gateway "$1"
}
check "the service does not read another configuration of the gateway" left_gateway "$dir/own/gateway.conf"
other_room() {
	not sets_up own gateway "$bin/lanparty-gateway" setup --room-file "$dir/own/room" "$invite" &&
		grep -q 'level=error event=option_kept.*option=room-file' "$dir/own.err" && [ ! -e "$dir/own/room" ]
}
check "another room file than the configuration's is refused" other_room
mv "$dir/etc-gateway/lanparty/gateway.conf" "$dir/kept.conf"
check "the service does not read another room file" left_gateway "$etc/gateway.conf" --room-file "$dir/own/room"
rm "$dir/etc-gateway/lanparty/gateway.conf"
check "nor another host key" left_gateway "$etc/gateway.conf" --host-key "$dir/own/host.key"
rm "$dir/etc-gateway/lanparty/gateway.conf"
mv "$dir/kept.conf" "$dir/etc-gateway/lanparty/gateway.conf"
check "an invite of another room does not replace it" same_room "lanparty://$relay_ip/7H2K-9QWX-M4TD-PZ83?pin=$other"
given=(--relay "$relay_ip" --relay-pin "${invite#*pin=}")
says_nothing() { sets_up again gateway "$bin/lanparty-gateway" setup "$@" && diff "$dir/first.out" "$dir/again.out" && prints_nothing cat "$dir/again.err"; }
check "the relay of the room may be typed again" says_nothing "${given[@]}"
check "and its room" says_nothing "${given[@]}" --room "$(sed -E 's,.*/([^/?]*)[?].*,\1,' <<<"$players")"
check "another relay does not replace it" same_room --relay relay.test
check "nor another pin" same_room "${given[@]:0:2}" --relay-pin "$other"
check "nor another room" same_room "${given[@]}" --room 7H2K-9QWX-M4TD-PZ83
check "nor another name of the certificate" same_room "$invite&name=other.test"
check "nor --server-name" same_room "$invite" --server-name other.test
check "nor another certificate" same_room "$invite" --relay-cert "$dir/none.der"
rivals() { # LINE OPTION...: in the configuration
	cp "$dir/etc-gateway/lanparty/gateway.conf" "$dir/kept.conf"
	rm -f "$dir/systemctl"
	echo "$1" >>"$dir/etc-gateway/lanparty/gateway.conf"
	not sets_up own gateway "$bin/lanparty-gateway" setup "${@:2}" &&
		grep -q "level=error event=option_kept file=$etc/gateway.conf" "$dir/own.err" && [ ! -e "$dir/systemctl" ]
	set -- $?
	mv "$dir/kept.conf" "$dir/etc-gateway/lanparty/gateway.conf"
	return "$1"
}
check "a room in the configuration is refused: the service would not start" rivals 'room = 7H2K-9QWX-M4TD-PZ83' "$invite"
check "a relay there, and another one on the command line" rivals 'relay = relay.test' "${given[@]}"
fresh_room() { # LINE: in the configuration of a gateway without a room
	mv "$room" "$dir/kept.room"
	rivals "$1" "$invite" && [ ! -e "$room" ]
	set -- $?
	mv "$dir/kept.room" "$room"
	return "$1"
}
check "a relay there, and an invite of another one" fresh_room 'relay = relay.test'
check "a pin there, and an invite with another one" fresh_room "relay-pin = $other"
has_checker() { checker=$(pgrep -P "${pid[asking]}"); }
killed() { # the process that asks a relay that does not answer
	start asking gateway "$bin/lanparty-gateway" setup --lan lan --config "$dir/none" --room-file "$dir/none" "lanparty://203.0.113.77?pin=$other"
	soon 5 has_checker && kill -KILL "$checker" && soon 5 said asking 'event=check_failed reason=Killed' && [ ! -e "$dir/none" ]
}
check "it says so when the process that asks the relay is killed" killed
prints_room() { [ "$(private gateway "$bin/lanparty-gateway" invite)" = "$players" ]; }
check "the players' invite again" prints_room
check "H1 its QR code can be read, too" shows "$players" gateway "$bin/lanparty-gateway" invite

chooses() { # LINE PLACE: of the new configuration
	new_etc "$2"
	sets_up "chosen" "$2" "$bin/lanparty-gateway" setup "$invite" && grep -qx "$1" "$dir/etc-$2/lanparty/gateway.conf"
}
check "the interface with the default route is chosen" chooses 'lan = wan' player2
check "a room of its own is made each time" not grep -qxF "$players" "$dir/chosen.out"
ip -n "$lab-player2" link add br0 up type bridge forward_delay 0
ip -n "$lab-player2" link set wan master br0
moves_to_bridge() {
	ip -n "$lab-player2" address flush dev wan
	address player2 br0 192.0.2.10/24
	ip -n "$lab-player2" route add default via 192.0.2.1
}
moves_to_bridge
check "or a bridge that has it" chooses 'bridge = br0' player2
check "no default route" not chooses . console
check "setup says that no interface has a default route" grep -q 'no interface has a default route' "$dir/chosen.err"

# ---- what it was for
runs_gateway() {
	mkdir "$dir/state"
	start gateway gateway env STATE_DIRECTORY="$dir/state" sh -c "$inside" - "$dir/etc-gateway" "${etc%/*}" \
		"$bin/lanparty-gateway" --config "$etc/gateway.conf"
	joined gateway
}
joins_as_player() {
	mkdir "$dir/state-player1"
	start player player1 env STATE_DIRECTORY="$dir/state-player1" "$bin/lanparty-client" --tap "$tun" --dhcp "$players"
	joined player
}
check "before, the player does not reach the LAN" not reaches player1 "$console_ip"
need "the gateway joins with that configuration" runs_gateway
check "N4 as the room's host" soon 5 said gateway "^host news=right key=$print"
need "H1 a player joins with the invite" joins_as_player
check "N4 the player knows the host" soon 5 said player "^host news=right key=$print"
check "and gets an address of the LAN" soon 15 said player '^address ip=192\.168\.77\.'
check "and reaches the LAN" soon 5 reaches player1 "$console_ip"
check "a check disturbs nobody" checks 0 '^protocol ' "$players"
check "nobody has heard of it" lacks 'peer_left' "$dir/gateway.out" "$dir/player.out"
check "the gateway has heard of one player" test "$(times gateway '^peer_joined ')" = 1
check "and the player of one gateway" test "$(times player '^peer_joined ')" = 1

lab_finish
