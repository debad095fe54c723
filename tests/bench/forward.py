"""forward: relay CPU per forwarded frame, next to three plain UDP relays that check nothing.

  plain    recvmmsg and sendmmsg, no crypto
  gso      UDP_GRO and UDP_SEGMENT, no crypto; the load has up to 64 packets in a message
  aes*8    that, each packet decrypted and encrypted with AES-128-GCM; 8 packets in a message
  aes*64   the same with up to 64, as gso: the kernel's share becomes very small

  1->1     one member sends to another, as fast as a window allows
  1->8     it broadcasts to eight others, 1->32 to 32 (a frame counts once per recipient)
  sparse   one frame per wake-up, 4,000 per second, as games send
"""

import socket

from lab import RELAY_CPU, note
from load import relay_cost

WHAT = "relay CPU, microseconds a forwarded frame; ratios to each plain UDP relay of the same run"
# name, bytes, targets, the bars by what they are against
CASES = [
    ("1->1", 64, 1, {"plain": 0.5, "aes*8": 1.5}),
    ("1->1", 512, 1, {"plain": 0.8, "aes*8": 2}),
    ("1->1", 1380, 1, {"plain": 1.1, "aes*8": 2}),
    ("1->8", 64, 8, {}),
    ("1->8", 1380, 8, {}),
    ("1->32", 64, 32, {"plain": 1.3}),
    ("1->32", 1380, 32, {"plain": 1.3}),
    ("sparse", 64, 1, {"plain": 1.6}),
]
# each: program, packets that the load puts in a message, more arguments
SYSTEMS = {
    "lanparty": None,
    "plain": ("floor", [], []),
    "gso": ("floor_gso", ["64"], []),
    "aes*8": ("floor_gso", ["8"], ["aes"]),
    "aes*64": ("floor_gso", ["64"], ["aes"]),
}


def options(parser):
    parser.add_argument("--frames", type=int, default=100000, help="a run (default: 100000; sparse: a tenth)")
    parser.add_argument("--match", default="", metavar="TEXT", help="only cases like this: '1->1 64'")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def our_relay(bench, at, *more, cpu=RELAY_CPU, env=None):
    """Our relay without rate limits, and the file with its certificate."""
    der = bench.file("relay.der")
    relay = bench.start(bench.program("lanparty-relay"), "--listen", at, "--dev-cert-der-out", der, "--log-level",
                        "error", "--client-rate", "0", "--broadcast-rate", "0", "--unknown-rate", "0", *more,
                        cpu=cpu, env=env)
    relay.expect("listening")
    return relay, der


def measure(bench, system, size, count, targets):
    """Microseconds per copy, and the share of copies that arrived."""
    at = f"127.0.0.1:{free_port()}"
    if system == "lanparty":
        relay, der = our_relay(bench, at)
        load = bench.start(bench.program("load"), at, der, str(size), str(count), str(targets))
    else:
        name, segments, more = SYSTEMS[system]
        program = bench.program(name)
        relay = bench.start(program, "relay", at, *more, cpu=RELAY_CPU)
        relay.expect("listening")
        load = bench.start(program, "load", at, str(size), str(count), str(targets), *segments, *more)
    cost, result = relay_cost(relay, load)
    bench.stop(load, relay)
    return cost, result["arrived"] / abs(count) / targets


def run(bench, report, args):
    report.case("forward", WHAT)
    groups = {}
    for name, size, targets, bars in CASES:
        if args.match not in f"{name} {size}":
            continue
        count = -args.frames // 10 if name == "sparse" else args.frames // targets
        cost, arrived = {system: [] for system in SYSTEMS}, {system: [] for system in SYSTEMS}
        for number in range(args.runs):
            note(f"  run {number + 1} of {args.runs}: {name} {size} B")
            for system in SYSTEMS:
                more = 5 if system not in ("lanparty", "plain") and count > 0 else 1  # over in no time
                us, share = measure(bench, system, size, more * count, targets)
                cost[system].append(us)
                arrived[system].append(100 * share)
        label = f"{name} {size} B"
        groups[label] = cost
        report.row(f"{label}: us", 2, **cost)
        ratio = {system: [a / b for a, b in zip(cost["lanparty"], cost[system])] for system in list(SYSTEMS)[1:]}
        report.row(f"{label}: lanparty is", 2, **{f"of {system}": r for system, r in ratio.items()})
        report.row(f"{label}: arrived %", 1, **arrived)
        for system, limit in bars.items():
            report.bar(f"{label}, of {system}", ratio[system], limit)
    report.chart("relay CPU a frame, us", groups, log=True)
