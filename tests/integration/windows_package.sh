#!/usr/bin/env bash
# The Windows packages: the content of the zip, the installer under Wine, and that it removes everything
# again. Needs no network namespaces and no real Windows, because the drivers are fakes.
# rows: P4
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

project=$(cd "$(dirname "$0")/../.." && pwd)
client=${1:?the folder of the programs is the first argument}/lanparty-client.exe
[ -f "$client" ] || client=$project/build-win/bin/lanparty-client.exe
for tool in makensis x86_64-w64-mingw32-gcc wine wineserver python3 Xvfb xdotool; do
	command -v $tool >/dev/null || lab_skip "needs $tool: tools/setup --packages windows"
done
[ -f "$client" ] || lab_skip "needs $client: cmake --preset windows && cmake --build --preset windows"

dir=$(mktemp -d) display='' running=''
wine_use "$dir/wine"
unset DISPLAY
c=$WINEPREFIX/drive_c
installed=$c/'Program Files/lanparty'
menu=$c/'ProgramData/Microsoft/Windows/Start Menu/Programs/lanparty.lnk'
links='HKLM\Software\Classes\lanparty'
entry='HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\lanparty'
class='HKLM\SYSTEM\CurrentControlSet\Control\Class\{4D36E972-E325-11CE-BFC1-08002BE10318}'
network='HKLM\SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}'
version=$(sed -nE 's/^project\(lanparty VERSION ([0-9.]+) .*/\1/p' "$project/CMakeLists.txt")
[ -n "$version" ] || { echo "CMakeLists.txt names no version"; exit 1; }

leave() {
	local result=$?
	trap '' INT TERM HUP
	trap - EXIT
	[ -z "$running" ] || kill "$running" 2>/dev/null
	timeout 20 wineserver -k
	timeout 20 wineserver -w
	[ -z "$display" ] || kill "$display"
	wine_forget "$WINEPREFIX"
	rm -rf "$dir"
	exit "$result"
}
trap leave EXIT
trap 'exit 143' INT TERM HUP

# ---- helpers

windows() { timeout -k 5 60 wine "$@" 2>/dev/null | tr -d '\r'; }
quiet() { windows "$@" >/dev/null; }
value() { # KEY [NAME]: without a name, the key's own
	local which=(/ve)
	[ $# = 1 ] || which=(/v "$2")
	windows reg query "$1" "${which[@]}" | sed -nE 's/^ .*    REG_[A-Z_]+ *//p' | head -n 1
}
is() { # EXPECTED COMMAND...: what it prints
	local got
	got=$("${@:2}")
	[ "$got" = "$1" ] || { echo "is $got instead of $1"; return 1; }
}
has_key() { windows reg query "$1" | grep -q .; }
ends_with() { # STATUS COMMAND...
	local got
	"${@:2}" >/dev/null
	got=$?
	[ "$got" = "$1" ] || { echo "exit status $got instead of $1"; return 1; }
}
package() { # NAME [OPTION...]: into the folder NAME
	"$project/tools/package-windows" --exe "$client" --out "$dir/$1" "${@:2}"
}
setup() { windows "$dir/$1/lanparty-$version-setup.exe" /S; } # NAME; its exit status
uninstall() { # as Windows does it; the uninstaller goes on in the background
	local command
	command=$(value "$entry" QuietUninstallString) # "PROGRAM" /S
	command=${command#\"}
	quiet "${command%\"*}" "${command##* }"
	soon 20 not test -e "$installed/uninstall.exe" && soon 10 not has_key "$entry"
}
# All files and keys of the machine that installing and removing could leave. Not ./windows/inf/*.pnf: Wine
# writes these caches while it finds its own devices, on a busy machine later than the first look.
state() {
	(cd "$c" && find . -path ./windows/temp -prune -o -path './users/*/Temp' -prune -o \
		-path './windows/inf/*.pnf' -prune -o -print | sort)
	rm -f "$c/windows/temp/state.reg" # or an old one would be compared
	quiet reg export 'HKLM\Software' 'C:\windows\temp\state.reg' /y || return
	# except what Wine writes when it first uses the network, and the list of this computer's fonts,
	# which it updates whenever one is installed
	tr -d '\000\r' <"$c/windows/temp/state.reg" |
		awk 'BEGIN {RS = ""} !/NetworkCards/ && !/^\[[^]]*\\(Fonts|FontLink\\SystemLink)\]/'
}
ran() { grep -c -- "$1" "$c/ran.txt" || true; } # WORDS: how often a stand-in was run so
forget() { : >"$c/ran.txt"; }
adapter() { # VERSION: as if there were one; none without it
	local key=${class/HKLM/HKEY_LOCAL_MACHINE}\\0007
	{
		printf 'REGEDIT4\n\n[-%s]\n' "$key"
		[ $# = 0 ] || printf '\n[%s]\n"ComponentId"="root\\\\tap0901"\n"NetCfgInstanceId"="%s"\n"DriverVersion"="%s"\n' "$key" \
			'{0E1C5B1B-0000-0000-0000-000000000007}' "$1"
	} >"$c/adapter.reg"
	quiet reg import 'C:\adapter.reg'
	rm "$c/adapter.reg"
	soon 10 is "${1-}" value "$class\\0007" DriverVersion # Wine's server can be slow to tell of it
}

# A fake of the driver's programs, which records how it was run. DRIVER: the version that it
# installs. With "sleep" it runs on.
cat >"$dir/standin.c" <<'EOM'
#include <windows.h>
#include <stdio.h>
#include <string.h>

#define CLASS_KEY "SYSTEM\\CurrentControlSet\\Control\\Class\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\0007"

static void write_down(const char *line)
{
	FILE *ran = fopen("C:\\ran.txt", "a");
	fprintf(ran, "%s\n", line);
	fclose(ran);
}

int main(int argc, char **argv)
{
	write_down(GetCommandLineA());
#ifdef DRIVER
	RegSetKeyValueA(HKEY_LOCAL_MACHINE, CLASS_KEY, "ComponentId", REG_SZ, "tap0901", 8);
	RegSetKeyValueA(HKEY_LOCAL_MACHINE, CLASS_KEY, "DriverVersion", REG_SZ, DRIVER, sizeof(DRIVER));
#endif
	if (argc > 1 && strcmp(argv[1], "sleep") == 0)
		Sleep(60000);
	return 0;
}
EOM
runs_on() { kill -0 "$running" 2>/dev/null; }
standin() { x86_64-w64-mingw32-gcc -o "$dir/$1" "$dir/standin.c" "${@:2}"; }

# ---- the zip

printf 'relay = play.example.org\r\nroom = 7H2K-9QWX-M4TD-PZ83\r\n' >"$dir/room.ini"
need "the packages are made" package one --ini "$dir/room.ini"
unpack() { # NAME: of a package; into NAME/zip
	python3 -m zipfile -e "$dir/$1/lanparty-$version-windows.zip" "$dir/$1/zip"
}
files() { (cd "$dir/$1/zip" && echo *); } # NAME
need "the zip can be unpacked" unpack one
check "it has the program, the texts and the room, and no folder" \
	is "GPL-3.txt LICENSE.txt READ-ME-FIRST.txt lanparty-client.exe lanparty.ini" files one
check "the program in it is the one that was built" cmp "$client" "$dir/one/zip/lanparty-client.exe"
check "the room in it is the one that was given" cmp "$dir/room.ini" "$dir/one/zip/lanparty.ini"
check "its texts have the line ends of Windows" awk '!/\r$/ {exit 1}' "$dir"/one/zip/*.txt
check "they say where the driver is" grep -q 'openvpn.net/community-downloads' "$dir/one/zip/READ-ME-FIRST.txt"
sleep 2 # a zip knows even seconds
need "without a room they are made as well" package plain
need "and unpacked" unpack plain
check "no room is in them" is "GPL-3.txt LICENSE.txt READ-ME-FIRST.txt lanparty-client.exe" files plain
need "and a second time" package again
check "the second zip has the same bytes" cmp "$dir"/{plain,again}/lanparty-"$version"-windows.zip
check "so has the installer" cmp "$dir"/{plain,again}/lanparty-"$version"-setup.exe
check "a driver that is no program is refused" not package bad --driver "$dir/room.ini"
check "so is a file that is not there" not package bad --ini "$dir/nowhere.ini"

# ---- install, upgrade, remove

exec {number}< <(exec Xvfb -displayfd 1 -nolisten tcp -screen 0 640x480x24 2>/dev/null) # windows need a screen
display=$!
read -r -t 10 DISPLAY <&"$number"
export DISPLAY=:$DISPLAY
need "Wine starts" timeout 120 wineboot -i
wineserver -p # stays until the end: faster
state >"$dir/before"
need "setup /S installs" ends_with 0 setup one
check "the program is there" cmp "$client" "$installed/lanparty-client.exe"
check "the room, too" cmp "$dir/room.ini" "$installed/lanparty.ini"
check "and the licences" test -s "$installed/LICENSE.txt" -a -s "$installed/GPL-3.txt"
check "it is in the Start menu" test -s "$menu"
check "it runs from there" sh -c "timeout 60 wine '$installed/lanparty-client.exe' --version | grep -F '$version'"
program='C:\Program Files\lanparty\lanparty-client.exe'
check "it reads the room beside it, and gets as far as the adapter: 72" ends_with 72 windows "$program" --console
check "lanparty:// is a protocol" windows reg query "$links" /v 'URL Protocol'
check "that the program opens" is "\"$program\" -- \"%1\"" value "$links\\shell\\open\\command"
check "Windows lists it: name" is lanparty value "$entry" DisplayName
check "version" is "$version" value "$entry" DisplayVersion
check "publisher" is 'the lanparty developers' value "$entry" Publisher
check "size, in KiB" sh -c "test $(($(value "$entry" EstimatedSize))) -gt $(($(stat -c %s "$client") / 1024))"
check "and how to remove it" is '"C:\Program Files\lanparty\uninstall.exe"' value "$entry" UninstallString

echo broken >"$installed/lanparty-client.exe"
check "an upgrade in place replaces the program" ends_with 0 setup plain
check "by the right one" cmp "$client" "$installed/lanparty-client.exe"
check "and leaves the room" cmp "$dir/room.ini" "$installed/lanparty.ini"

# What the program leaves behind when it is killed, and the player's settings.
quiet reg add 'HKLM\SOFTWARE\lanparty' /v leftover /d something /f
quiet reg add 'HKCU\Software\lanparty' /v relay /d play.example.org /f
check "uninstall /S removes it" uninstall
check "the player's own settings stay" is play.example.org value 'HKCU\Software\lanparty' relay
quiet reg delete 'HKCU\Software\lanparty' /f
# What Wine does when somebody installs a font on this computer meanwhile.
quiet reg add 'HKLM\Software\Microsoft\Windows NT\CurrentVersion\Fonts' /v 'Elsewhere (TrueType)' /d elsewhere.ttf /f
state >"$dir/after"
check "nothing else is left: no file, no key" diff "$dir/before" "$dir/after"

# ---- while the program is running

need "a stand-in for a client is built" standin client.exe
need "it is installed" ends_with 0 setup plain
cp "$dir/client.exe" "$installed/lanparty-client.exe"
timeout 120 wine "$program" sleep &
running=$!
need "it runs, without a window" soon 20 grep -q sleep "$c/ran.txt"
check "setup does not replace it then, and says so: 2" ends_with 2 setup plain
quiet 'C:\Program Files\lanparty\uninstall.exe' /S
check "uninstall does not remove it" stays 13 test -e "$installed/uninstall.exe"
check "everything is as it was" cmp "$dir/client.exe" "$installed/lanparty-client.exe"
check "and still listed" is lanparty value "$entry" DisplayName
quiet taskkill /f /im lanparty-client.exe
wait "$running"
forget

need "the real one is installed" ends_with 0 setup plain
timeout 120 wine "$program" &
running=$!
need "it shows its window" soon 20 xdotool search --name '^lanparty$'
check "setup asks it to end, and goes on" ends_with 0 setup one
check "it has ended" soon 5 not runs_on
check "and was replaced" cmp "$dir/room.ini" "$installed/lanparty.ini"
running=''
need "it can be removed now" uninstall
forget

# ---- the driver

standin good.exe '-DDRIVER="9.27.0.0"'
standin none.exe
standin tapctl.exe
need "packages with a driver are made" package good --driver "$dir/good.exe"
need "one that installs nothing" package none --driver "$dir/none.exe"
cp "$dir/room.ini" "$dir/broken.msi"
need "a broken one" package msi --driver "$dir/broken.msi"
runs_driver() { # TIMES COMMAND...
	forget
	"${@:2}" && is "$1" ran '/S'
}
adapter
check "no adapter: the driver's installer runs, silently" runs_driver 1 ends_with 0 setup good
check "that it was us is noted" is exe value "$entry" Driver
check "an adapter is there: it does not run again" runs_driver 0 ends_with 0 setup good
check "uninstall /S leaves the driver" runs_driver 0 uninstall
adapter 9.24.7.601
check "an old driver: it runs" runs_driver 1 ends_with 0 setup good
check "that it was not us is noted" is '' value "$entry" Driver
adapter 9.27.0.0
check "a good driver: it does not run" runs_driver 0 ends_with 0 setup good
adapter 10.1.0.0
check "nor with a later one" runs_driver 0 ends_with 0 setup good
adapter
check "still no adapter after it ran: 3" runs_driver 1 ends_with 3 setup none
check "the program is installed all the same" cmp "$client" "$installed/lanparty-client.exe"
check "an MSI that Windows does not take: 3" ends_with 3 setup msi
check "it is kept, for its removal" test -s "$installed/tap-driver.msi"
quiet reg add 'HKLM\SOFTWARE\OpenVPN' /ve /d 'C:\Program Files\OpenVPN' /f
rm "$installed/tap-driver.msi"
check "an MSI beside an OpenVPN that is there: not run, 3" ends_with 3 setup msi
check "it is not even unpacked" not test -e "$installed/tap-driver.msi"
quiet reg delete 'HKLM\SOFTWARE\OpenVPN' /f
check "and all goes away" uninstall

# ---- an adapter of our own

quiet reg add 'HKLM\SOFTWARE\TAP-Windows' /ve /d 'C:\tap' /f
mkdir -p "$c/tap/bin" && cp "$dir/tapctl.exe" "$c/tap/bin"
adapter 9.27.0.0
forget
check "with a driver that has tapctl" ends_with 0 setup plain
check "an adapter called lanparty is made" is 1 ran 'create --hwid root.tap0901 --name lanparty'
forget
check "uninstalling" uninstall
check "removes it" is 1 ran 'delete lanparty'
quiet reg add "$network\\{0E1C5B1B-0000-0000-0000-000000000007}\\Connection" /v Name /d LANparty /f
forget
check "when there is one already" ends_with 0 setup plain
check "none is made" is 0 ran create
check "nor is it removed" uninstall
check "by us" is 0 ran delete
rm -r "$c/tap"
quiet reg delete 'HKLM\SOFTWARE\TAP-Windows' /f
rm -f "$c/ran.txt"
state >"$dir/after"
check "nothing is left of all that" diff "$dir/before" "$dir/after"
lab_finish
