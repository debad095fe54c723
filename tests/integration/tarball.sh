#!/usr/bin/env bash
# The tarball of the static programs: the same bytes twice, all its files, and what its SBOM says.
# rows: H2
set -uo pipefail
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
project=$(cd "$(dirname "$0")/../.." && pwd)
[ -x "$project/build-static/bin/lanparty-client" ] || lab_skip "needs the static programs: tools/setup --packages static --deps static, then tools/check"
work=$(mktemp -d) || exit 1
dir=$work
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1790000000
pack() { (umask "$2" && "$project/tools/package-tarball" --no-build --out "$work/$1"); }
tarball=lanparty-$("$project/build-static/bin/lanparty-client" --version | grep -oE '[0-9.]+$')-linux-x86_64.tar.xz
need "it is packed" pack one 022
need "H2 and once more, with another umask" pack two 077
check "H2 the same bytes" cmp "$work/one/$tarball" "$work/two/$tarball"
tar -tf "$work/one/$tarball" >"$work/list"
has() { grep -E "^[^/]*/$1$" "$work/list"; }
for file in README LICENSE bin/lanparty-{relay,gateway,client} share/man/man8/lanparty-relay.8 \
	lib/systemd/system/lanparty-gateway.service share/doc/lanparty/{Containerfile,GPL-3,licenses/wolfssl}; do
	check "it has $file" has "$file"
done
check "nothing in it has this machine's folders" lacks -a "$project|/\.cache/|/work-" "$project"/build-static/bin/lanparty-{relay,gateway,client}
bill() { "$project/tools/sbom" 0 commit "$work/one/$tarball" >"$work/bill"; }
need "H2 it has an SBOM" bill
linked='import json, sys
bill = json.load(open(sys.argv[1]))
names = {p["SPDXID"]: p["name"] for p in bill["packages"]}
print(*sorted(names[r["relatedSpdxElement"]] for r in bill["relationships"] if r["relationshipType"] == "STATIC_LINK"))'
names() { python3 -c "$linked" "$work/bill" | grep -E "^libcap-ng libgcc-[0-9]+-dev libmicrohttpd libmnl libnatpmp libpng1.6 miniupnpc musl-dev ngtcp2 qrencode wolfssl zlib$"; }
check "H2 which names each library" names
lab_finish
