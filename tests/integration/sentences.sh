#!/usr/bin/env bash
# What keeps a client out of its room, each with a sentence of its own: certificates without a pin, the
# clock, and what the network says. And a client that is in, but alone.
# rows: K6 P3 W1
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
lab_open sentences "$1"
new_code

# ---- certificates of a certificate authority that player 1 knows
ca=$dir/ca
mkdir "$ca" "$ca/known" "$ca/other" "$ca/none"
cat >"$ca/config" <<-END
	[ca]
	default_ca = here
	[here]
	dir = $ca
	database = $ca/index
	serial = $ca/serial
	new_certs_dir = $ca
	default_md = sha256
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
	[req]
	distinguished_name = name
	[name]
	[authority]
	basicConstraints = critical,CA:true
	keyUsage = keyCertSign
	[relay]
	subjectAltName = DNS:relay.test,IP:$relay_ip
END
: >"$ca/index"
echo 1000 >"$ca/serial"
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
authority() { # NAME FOLDER
	new_key "$ca/$1.key" && openssl req -x509 -new -key "$ca/$1.key" -subj "/CN=$1" -days 3650 \
		-config "$ca/config" -extensions authority -out "$ca/$2/$1.pem"
}
issue() { # NAME FROM UNTIL
	new_key "$ca/$1.key" && openssl req -new -key "$ca/$1.key" -subj /CN=relay.test -config "$ca/config" -out "$ca/$1.csr" &&
		openssl ca -batch -config "$ca/config" -extensions relay -cert "$ca/known/root.pem" -keyfile "$ca/root.key" \
			-startdate "$2" -enddate "$3" -in "$ca/$1.csr" -out "$ca/$1.crt" -notext
}
need "a certificate authority" authority root known
need "another certificate authority" authority stranger other
need "a good certificate" issue good 20200101000000Z 20990101000000Z
need "one that has expired" issue old 20200101000000Z 20200301000000Z
need "one that is not valid yet" issue early 20980101000000Z 20990101000000Z

shows() { # CERTIFICATE: the relay starts with it
	[ -z "${pid[relay]-}" ] || stop relay
	start relay vps "$bin/lanparty-relay" --cert "$ca/$1.crt" --key "$ca/$1.key"
	ready relay '^listening on '
}
known=known server=relay.test under=()
member() { # NAME PLACE [OPTION...]: starts a client without a pin; it knows the authorities in the folder $known alone
	mkdir -p "$dir/state-$2"
	start "$1" "$2" env STATE_DIRECTORY="$dir/state-$2" "${under[@]}" sh -c "mount --bind $ca/$known /etc/ssl/certs && exec \"\$@\"" sh \
		"$bin/lanparty-client" --tap "$tun" --relay "$relay_ip" --server-name "$server" --room "$code" "${@:3}"
}
gives_up() { # SENTENCE: exit status 79
	member ends player1
	soon 10 not runs ends || return 1
	wait "${pid[ends]}"
	status=$?
	cat "$dir/ends.err"
	[ "$status" = 79 ] && said ends "$1"
}
tells() { # SENTENCE [OPTION...]: and goes on
	member goes player1 "${@:2}"
	soon 15 said goes "$1"
	local got=$?
	cat "$dir/goes.err"
	stop goes
	return "$got"
}

need "the relay starts" shows good
need "a certificate of a known authority is accepted" member player1 player1
need "and the client joins" joined player1
check "it is alone, so the code can be wrong" soon 8 said player1 'alone in this room. If your friends are in, compare the code'
known=known member player2 player2
check "another one joins" joined player2
check "nobody is alone any more" stays 5 lacks 'event=alone' "$dir/player2.err"
check "player 1 said once that it was alone" test "$(times player1 'event=alone')" = 1
stop player1
stop player2
server=other.test
check "a certificate for another name" gives_up 'not for the name other.test'
server=203.0.113.6
check "a certificate for another address" gives_up 'not for the name 203.0.113.6'
server=relay.test known=other
check "an unknown authority" gives_up 'no certificate authority confirms'
known=none
check "no authorities at all" gives_up 'no list of valid certificate authorities'
known=known
under=(env LD_PRELOAD="$bin/../tests/wrong_clock.so" WRONG_CLOCK=1000000000 WRONG_CLOCK_FOR=3)
check "K6 a clock before the program was built" tells 'clock is wrong: it shows 2001-09-09'
member waits player1
check "K6 the client does not join while the clock is wrong" stays 2 not said waits '^joined'
check "K6 it joins once the clock is right" joined waits
check "K6 it has said why it waited" said waits 'clock is wrong: it shows 2001-09-09'
stop waits
under=()
need "the relay starts again" shows old
check "an expired certificate" gives_up 'has expired on 2020-03-01'
need "the relay starts again" shows early
check "one that is not valid yet: first the clock" gives_up 'valid from 2098-01-01 on, and this computer.s clock'
under=(env LD_PRELOAD="$bin/../tests/wrong_clock.so" WRONG_CLOCK=4070908800)
need "the relay starts again" shows good
check "a clock of 2099" gives_up 'if today is not 2099-01-01, set this computer.s clock'
under=()

# ---- what the network says of UDP (tcp.sh has TCP)
export LANPARTY_NO_TCP=yes
relay_at=$relay_ip
relay_ip=$relay_at:444
check "a port where nothing listens" tells 'nothing listens at 203.0.113.5:444'
relay_ip="[2001:db8:5::5]:444"
check "an IPv6 port where nothing listens" tells 'nothing listens at \[2001:db8:5::5\]:444'
relay_ip=203.0.113.77
check "a computer that is off" tells '203.0.113.77:443 cannot be reached'
relay_ip=$relay_at
at vps nft -f - <<<'table inet f { chain in { type filter hook input priority 0; policy accept; udp dport 443 drop; }; }'
check "silence: the firewall of the relay's computer first" tells 'does not answer at 203.0.113.5:443: most likely the firewall of its computer'
at vps nft delete table inet f
for how in admin-prohibited host-prohibited net-prohibited; do
	at vps nft -f - <<<"table inet f { chain in { type filter hook input priority 0; policy accept; udp dport 443 reject with icmp type $how; }; }"
	check "a firewall that rejects ($how)" tells 'a firewall at the relay or on the way rejects packets to 203.0.113.5:443'
	at vps nft delete table inet f
done
at player1 nft -f - <<<'table inet f { chain out { type filter hook output priority 0; policy accept; udp dport 443 drop; }; }'
check "a firewall of this computer" tells 'a firewall of this computer forbids'
at player1 nft delete table inet f
ip -n "$lab-player1" link set wan mtu 1220
check "a small MTU here" tells 'too small an MTU'
ip -n "$lab-player1" link set wan mtu 1500
ip -n "$lab-internet" link set vps mtu 1220
check "a small MTU on the way" tells 'too small an MTU'
ip -n "$lab-internet" link set vps mtu 1500
address player1 wan 2001:db8:1::10/64 # the kernel has no IPv6 below an MTU of 1280
ip -n "$lab-player1" route add default via 2001:db8:1::1
ip -n "$lab-player1" -4 route del default
check "no IPv4 here" tells 'network has only IPv6, and the relay.s address 203.0.113.5:443 is IPv4'
ip -n "$lab-player1" -6 route del default
check "no network at all" tells 'no route to the relay.s address'
ip -n "$lab-player1" route add default via 198.51.100.1
relay_ip='[2001:db8:5::5]'
check "no IPv6 here" tells 'network has only IPv4, and the relay.s address \[2001:db8:5::5\]:443 is IPv6'
relay_ip=$relay_at
need "after all of this, the client joins" member player1 player1
need "it joins at once" joined player1
lab_finish
