"""idle: memory of the relay per joined member that is silent.

Its resident memory with 1,000 of them, in rooms of ten, less that with one."""

import re

from forward import free_port, our_relay
from lab import Trouble, note

GUESTS = 1000


def options(parser):
    del parser


def resident_kb(pid):
    with open(f"/proc/{pid}/status") as f:
        return int(re.search(r"VmRSS:\s*(\d+)", f.read())[1])


def run(bench, report, args):
    report.case("idle", f"resident memory of the relay for each of {GUESTS} joined peers")
    each = []
    for number in range(args.runs):
        note(f"  run {number + 1} of {args.runs}")
        at = f"127.0.0.1:{free_port()}"
        relay, der = our_relay(bench, at)
        load = bench.start(bench.program("guests"), at, der, str(GUESTS), "stay")
        load.expect("ready")
        before = resident_kb(relay.pid)
        load.tell()
        said = load.result(60)
        each.append((resident_kb(relay.pid) - before) / GUESTS)
        load.tell()
        bench.stop(load, relay)
        if said["arrived"] != GUESTS:
            raise Trouble(f"not all could join: {said}")
    report.row("an idle peer", 1, kB=each)
    report.bar("memory of an idle peer, kB", each, 52)
