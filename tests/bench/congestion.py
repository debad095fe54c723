"""congestion: what congestion control makes of loss, of a policer, and of a foreign TCP flow beside it.

TCP from a to b through the tunnel; a's uplink is the bottleneck. Compares builds: cmake -DLANPARTY_CONGESTION=...
"""

import json
import re

from lab import RELAY, Lab, Trouble, need, note
from load import Tcp
from tunnels import Lanparty

WHAT = "TCP through the tunnel, a round trip of 20 ms"
DELAY = 20  # ms
SECONDS = 8
FOREIGN_PORT = 5301
POLICER = "limit rate over 2500 kbytes/second burst 15 kbytes"
# name: rate Mbit/s, buffer ms, random loss per thousand, policed, a foreign flow beside it
PATHS = {
    "50 Mbit/s": (50, 40, 0, False, False),
    "50 Mbit/s, 1 % loss": (50, 40, 10, False, False),
    "policer, 20 Mbit/s": (200, 40, 0, True, False),
    "policer, 20 Mbit/s, 1 % loss": (200, 40, 10, True, False),
    "shared 20 Mbit/s, 8 ms buffer": (20, 8, 0, False, True),
    "shared 20 Mbit/s, 100 ms buffer": (20, 100, 0, False, True),
}


def options(parser):
    parser.add_argument("--variant", dest="variants", action="append", default=[], metavar="NAME=BUILD",
                        help="a build folder to compare; can be repeated (default: --build alone)")
    parser.add_argument("--path", default="", metavar="TEXT", help="only paths like this")


class Foreign(Tcp):
    """iperf3 beside the tunnel, over the same uplink."""

    def __init__(self, lab, seconds, omit=1):
        self.lab, self.seconds = lab, seconds + omit
        self.server = lab.start("relay", "iperf3", "-s", "-1", "-p", str(FOREIGN_PORT), "--forceflush")
        self.server.expect("listening")
        self.client = lab.start("a", "iperf3", "-c", RELAY, "-p", str(FOREIGN_PORT), "-t", str(seconds), "-O", str(omit),
                                "-C", "cubic", "-J")


def uplink(lab, loss, policed):
    """Counts what goes up, and drops what loss and policer drop."""
    drop = (f"numgen random mod 1000 < {loss} counter drop;" if loss else "") + (f"{POLICER} counter drop;" if policed else "")
    lab.at("net", "nft", "table inet up { chain up { type filter hook forward priority 0; oifname != \"relay\" accept; "
           f"counter; {drop} }}; }}")


def counted(lab):
    """Packets that wanted up, and that were dropped there."""
    rules = json.loads(lab.at("net", "nft", "-j", "list", "table", "inet", "up"))["nftables"]
    counters = [e["counter"]["packets"] for r in rules if "rule" in r for e in r["rule"]["expr"] if "counter" in e]
    queue = re.search(r"dropped (\d+)", lab.at("net", "tc", "-s", "qdisc", "show", "dev", "relay"))
    return counters[0], sum(counters[1:]) + int(queue[1])


def measure(bench, path):
    mbit, buffer, loss, policed, shared = PATHS[path]
    with Lab(bench, delay=DELAY, offload=False) as lab:
        lab.modem("relay", mbit, buffer)
        Lanparty().up(lab)
        uplink(lab, loss, policed)
        foreign = Foreign(lab, SECONDS) if shared else None
        ours = Tcp(lab, "a", "b", SECONDS)
        figures = {"Mbit/s": ours.mbit()}
        if foreign:
            figures["foreign Mbit/s"] = foreign.mbit()
        sent, dropped = counted(lab)
        figures["dropped %"] = 100 * dropped / max(1, sent)
    return figures


def run(bench, report, args):
    need("iperf3", "ethtool", "nft", "sysctl")
    variants = dict(v.split("=", 1) for v in args.variants) or {"lanparty": bench.build}
    report.case("congestion", WHAT)
    got, build = {}, bench.build
    for number in range(args.runs):
        for path in PATHS:
            if args.path not in path:
                continue
            for name, bench.build in variants.items():
                note(f"  run {number + 1} of {args.runs}: {path}, {name}")
                for figure, value in measure(bench, path).items():
                    got.setdefault((path, name), {}).setdefault(figure, []).append(value)
    bench.build = build
    if not got:
        raise Trouble(f"no path is like {args.path}")
    for (path, name), figures in got.items():
        report.row(f"{path}: {name}", 1, **figures)
