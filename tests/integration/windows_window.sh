#!/usr/bin/env bash
# The window of the Windows client in every state, at 100 and 150 %.
# rows: P4 R8 C8
# Usage: windows_window.sh BIN; the Windows programs are beside it, in build-win/
set -uo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
export LANPARTY_BIN=$1 LANPARTY_WINDOWS=$project/build-win
for needed in wine Xvfb xdotool; do
	command -v $needed >/dev/null || { echo "needs $needed: tools/setup --packages windows"; exit 77; }
done
[ -f "$LANPARTY_WINDOWS/bin/lanparty-client.exe" ] || { echo "needs build-win/: cmake --build --preset windows"; exit 77; }
exec "$project/tools/windows-screens"
