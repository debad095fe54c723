#!/usr/bin/env bash
# The Windows client under Wine in a real room. Its adapter is a pipe, and behind the pipe is a TAP of this
# system: a real network stack, a real DHCP client.
# rows: C6 C8 P4 R8 S3 W2
# Usage: windows.sh BIN; the Windows programs are beside it, in build-win/
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
windows=$(cd "$(dirname "$0")/../../build-win" 2>/dev/null && pwd)
exe=$windows/bin/lanparty-client.exe
[ -f "$exe" ] || lab_skip "needs $exe: cmake --preset windows && cmake --build --preset windows"
command -v wine >/dev/null || lab_skip "needs wine: tools/setup --packages windows"
lab_open windows "$1"
new_code
wine_use "$dir/wine"
mac=02:00:5e:77:00:01
winpipe='\\.\pipe\lanparty'

# Under Wine, at player1: Wine's server is started there, and its sockets are that place's.
client_win() { # NAME [OPTION...]: as client of lib.sh
	rm -f "$dir/in" && mkfifo "$dir/in"
	sleep 280 >"$dir/in" & # it leaves when its standard input ends
	pid[$1-input]=$!
	input=$dir/in start "$1" player1 wine "$exe" --console --tap "$winpipe" --mac "$mac" "${@:2}" \
		"lanparty://$relay_ip/$code?pin=$pin"
	soon 20 said "$1" '^joined |"joined"'
}
leave_win() { # NAME: sets status
	stop "$1-input"
	soon 5 not runs "$1"
	stop "$1"
}
# The other side of the pipe: PEER's frames go to and from a TAP of player1's computer.
adapter() { # [OPTION...]
	start pipe player1 wine "$windows/tests/pipe_wire.exe" lanparty 7001 7002 --seconds 280 "$@"
	soon 20 said pipe ready || return
	start wire player1 "$bin/../tests/tap_wire" "$tun" "$mac" 7002 7001
	soon 5 has_tun player1
}
ends_win() { ends_with "$1" "$2" player1 wine "$exe" --console "${@:3}"; } # STATUS SENTENCE OPTION...
milliseconds() { # COMMAND...: how long it takes
	local begin
	begin=$(now)
	"$@" >/dev/null 2>&1
	echo $((($(now) - begin) / 1000))
}
quickest() { # COMMAND...: milliseconds, the best of three
	local took best=99999
	for _ in 1 2 3; do
		took=$(milliseconds at player1 wine "$@")
		[ "$took" -ge "$best" ] || best=$took
	done
	echo "$best"
}
# The program's own part. Wine's own start takes longer when other tests run beside this one.
starts_within() { # MILLISECONDS
	local empty program
	empty=$(quickest cmd /c exit) program=$(quickest "$exe" --version)
	echo "$program ms, of these Wine $empty ms"
	[ $((program - empty)) -lt "$1" ]
}
imports_only_windows() { # KnownDLLs, and the one that the manifest names
	x86_64-w64-mingw32-objdump -p "$exe" | sed -n 's/.*DLL Name: //p' | tr '[:upper:]' '[:lower:]' >"$dir/imports" &&
		grep -qx 'kernel32\.dll' "$dir/imports" &&
		lacks -vx '(advapi32|comctl32|gdi32|kernel32|msvcrt|ole32|oleaut32|setupapi|shell32|user32|ws2_32)\.dll' "$dir/imports"
}
takes_lease() { # a real DHCP client of this computer, through the Windows client
	# shellcheck disable=SC2016 # of the script
	printf '#!/bin/sh\n[ "$1" != bound ] || echo "router=$router dns=$dns ip=$ip" >>"${0%%/*}/noted"\n' >"$dir/lease"
	chmod 755 "$dir/lease"
	at player1 timeout 15 udhcpc -f -n -q -O router -O dns -i "$tun" -s "$dir/lease" || return
	leased=$(told dhcp "DHCPACK.*$mac" | sed -n 's/.*DHCPACK([a-z]*) \([0-9.]*\) .*/\1/p')
	[ -n "$leased" ] && address player1 "$tun" "$leased/24"
}
seen_arguments() { # PROGRAM: its command line, as another program of the same user reads it
	at player1 wine "$windows/tests/command_line.exe" "$1"
}
hides_arguments() { # those of the pipe can be seen: the test looks in the right place
	seen_arguments pipe_wire.exe | tee /dev/stderr | grep -q -e --seconds || return
	seen_arguments lanparty-client.exe | tee "$dir/win-line.out" /dev/stderr | grep -q 'lanparty-client\.exe' &&
		! grep -q -e --console -e lanparty: "$dir/win-line.out"
}
has_no_secret() { # no part of the code, whole or in groups, and no key
	local group
	for group in ${code//-/ } "${code//-/}"; do
		! grep -rqiF -- "$group" "$dir"/win*.out "$dir"/win*.err || { echo "$group is in the log"; return 1; }
	done
}

echo "Wine's prefix is being made"
at player1 timeout 100 wineboot -i >/dev/null 2>&1
check "P4 one file under 3 MB" test "$(stat -c %s "$exe")" -lt $((3 << 20))
check "P4 it imports only what Windows has" imports_only_windows
check "P4 it starts in half a second, without what Wine takes" starts_within 500
need "the relay starts" relay --log-level debug
need "a player on Linux joins" client player2 player2
room_has player2 92
check "P4 no adapter: a sentence and what to do" ends_win 72 'tap_failed .*TAP-Windows6.*install' "lanparty://$relay_ip/$code?pin=$pin"
need "the pipe and the TAP are there" adapter
check "before, the LAN is not there" not reaches player1 192.168.77.92
check "P4 a wrong pin" ends_win 79 'not the pinned one' --tap "$winpipe" "lanparty://$relay_ip/$code?pin=sha256:$(printf '%064d' 7)"
check "P4 a code that is none" ends_win 64 'room code is not right' --tap "$winpipe" --relay $relay_ip --room 'AB'

need "P4 the Windows client joins" client_win win --log-level debug
check "P4 other programs do not see its arguments" hides_arguments
check "R8 C8 it sees that there is no gateway yet" said win '^joined room=[0-9]+ peer=[0-9]+ mtu=1500 gateway=no over=udp$'
check "C8 and who is there" soon 5 said win '^peer_joined .*name='
check "C8 the others see it" soon 5 said player2 "^peer_joined .*role=client mac=$mac"
need "the gateway joins" gateway gateway --lan lan --keep-default-route
check "C8 R8 it hears of it" soon 5 said win '^peer_joined peer=[0-9]+ role=gateway'
leased=''
need "S3 DHCP: a lease of the LAN" takes_lease
check "P4 it brings no router and no DNS, though the gateway would let them" grep -qx "router= dns= ip=$leased" "$dir/noted"
check "ARP and ping: into the LAN" soon 3 reaches player1 $console_ip
check "the LAN reaches player 1" reaches console "$leased"
check "player 1 reaches player 2" reaches player1 192.168.77.92
check "packets of 1500 bytes" reaches player1 -M "do" -s 1472 $console_ip
start serve console /usr/bin/python3 "$probe" serve 9000
ready serve serving
check "player 1 reaches the LAN by UDP" run_probe player1 udp $console_ip 9000
check "20 MB by TCP into the LAN" run_probe player1 tcp $console_ip 9000 20000000
check "20 MB by TCP out of the LAN" run_probe player1 fetch $console_ip 9000 20000000
check "broadcast: player to LAN" heard player1 console 255.255.255.255 "$tun"
check "broadcast: LAN to player" heard console player1 192.168.77.255
check "multicast: LAN to player" heard console player1 224.0.0.251 lan

# ---- the relay is killed and restarted
stop relay KILL
check "without the relay nothing works" not reaches player1 $console_ip
need "the relay starts again" relay --log-level debug
check "P4 the client is back by itself" soon 15 said_times win '^joined' 2
check "with the same MAC" soon 5 said_times player2 "^peer_joined .*mac=$mac" 2
check "player 1 reaches the LAN again" soon 5 reaches player1 $console_ip

# ---- another network outside, as after a change of Wi-Fi
moves player1 198.51.100.77 198.51.100.1
check "P4 with another address outside it goes on" soon 5 reaches player1 $console_ip
check "without a new join" not said_times win '^joined' 3

# ---- leaving
leave_win win
check "P4 it leaves cleanly" test $status = 0
check "C6 the others hear: normal" soon 5 said player2 '^peer_left .*reason=normal'
check "no part of the code is in the log" has_no_secret

# ---- an adapter that sends random messages
stop pipe
stop wire
need "a pipe that sends nonsense first" adapter --random 1000 7
at internet nft 'add table inet w2; add chain inet w2 f { type filter hook forward priority 0; }; add rule inet w2 f ip saddr 198.51.100.77 udp dport 443 drop'
need "P4 W2 the client joins where UDP is dropped" client_win win2
check "P4 W2 it says that it goes over TCP" said win2 '^joined .*over=tcp$'
check "1,000 random frames of 0 to 70,000 bytes come" soon 30 said pipe 'random done'
address player1 "$tun" "$leased/24"
check "P4 and the session goes on" soon 3 reaches player1 $console_ip
at internet nft 'delete table inet w2'
moves player1 198.51.100.78 198.51.100.1
check "P4 W2 with another address it is on UDP, or again" soon 30 said win2 'event=way_changed over=udp|^joined .*over=udp$'
check "P4 W2 and goes on" soon 5 reaches player1 $console_ip
leave_win win2
check "it leaves cleanly" test $status = 0

# ---- refused
stop player2
stop gateway
stop relay
need "a relay for one player alone" relay --max-clients 1
need "the one player has joined" client player2 player2
check "P4 a full room" ends_win 75 'room_full .*the room is full' --tap "$winpipe" "lanparty://$relay_ip/$code?pin=$pin"
stop player2
stop relay
sed 's,lanparty/1,lanparty/2,g' "$bin/lanparty-relay" >"$dir/relay2" && chmod 755 "$dir/relay2"
start relay vps "$dir/relay2" --cert "$dir/relay.crt" --key "$dir/relay.key"
ready relay '^listening'
check "P4 a relay of another version" ends_win 76 'another protocol or version' --tap "$winpipe" "lanparty://$relay_ip/$code?pin=$pin"
stop pipe
stop wire
at player1 wineserver -k
lab_finish
