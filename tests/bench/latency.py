"""latency: what the tunnel adds to a round trip, and what is left of a game beside TCP on a slow uplink."""

from lab import Lab, need, note
from load import Game, Tcp
from tunnels import Lanparty, Plain

BASE_RTT = 20  # ms
FLOWS = 4
SECONDS = 10
WARM_UP = 4  # s: until TCP has filled the buffer
RATES = (5, 20)
BUFFERS = {"deep": 300, "shallow": 20}
WAYS = {"up": ("a", "b", "relay"), "down": ("b", "a", "a")}  # sender, receiver, where the modem sends to


def options(parser):
    parser.add_argument("--rate", type=int, choices=RATES, help="Mbit/s of the modem (default: 5 and 20)")
    parser.add_argument("--buffer", choices=BUFFERS, help="the modem's, 300 or 20 ms (default: both)")
    parser.add_argument("--way", choices=WAYS, help="which the TCP goes, from the client (default: both)")
    parser.add_argument("--only-ours", action="store_true", help="leave out the first-in-first-out tunnel, and its bar")


def idle(bench, tunnel):
    with Lab(bench) as lab:
        tunnel.up(lab)
        return Game(lab, 4, interval=5).result()["rtt_ms"]


def run_idle(bench, report, runs):
    report.case("latency, idle", "round trip of 64 bytes from TAP to TAP, 200 a second, against plain UDP")
    ours, plain = [], []
    for number in range(runs):
        note(f"  run {number + 1} of {runs}")
        ours.append(idle(bench, Lanparty()))
        plain.append(idle(bench, Plain()))
    for name, results in (("lanparty", ours), ("plain", plain)):
        report.row(name, 3, **{f"{p} ms": [r[p] for r in results] for p in ("p50", "p99")})
    report.bar("RTT p50 when idle, of plain UDP", [a["p50"] / b["p50"] for a, b in zip(ours, plain)], 1.15)


def loaded(bench, tunnel, rate, buffer_ms, way):
    """A game beside TCP; first without it."""
    sender, receiver, toward = WAYS[way]
    with Lab(bench, delay=BASE_RTT) as lab:
        tunnel.up(lab)
        lab.modem(toward, rate, buffer_ms)
        quiet = Game(lab, 3).result()["rtt_ms"]["p50"]
        tcp = Tcp(lab, sender, receiver, SECONDS, FLOWS, omit=WARM_UP)
        # The game begins with TCP, and is judged as a whole: the slow start too is part of playing.
        game = Game(lab, SECONDS + WARM_UP).result()
        return {"quiet": quiet, "mbit": tcp.mbit(), "p50": game["rtt_ms"]["p50"], "p99": game["rtt_ms"]["p99"],
                "lost": 100 * game["lost"] / game["sent"]}


def run_loaded(bench, report, args, rate, name, way):
    report.case(f"latency, {way} {rate} Mbit/s, {name} buffer",
                f"a game beside {FLOWS} TCP flows, {BASE_RTT} ms base RTT, {BUFFERS[name]} ms buffer")
    tunnels = [Lanparty()] + ([] if args.only_ours else [Plain()])
    got = {tunnel.name: [] for tunnel in tunnels}
    for number in range(args.runs):
        for tunnel in tunnels:
            note(f"  run {number + 1} of {args.runs}: {tunnel.name}")
            got[tunnel.name].append(loaded(bench, tunnel, rate, BUFFERS[name], way))
    for tunnel, results in got.items():
        report.row(tunnel, 2, **{title: [r[key] for r in results] for key, title in
                                 (("quiet", "idle p50 ms"), ("p50", "p50 ms"), ("p99", "p99 ms"), ("lost", "lost %"),
                                  ("mbit", "Mbit/s"))})
    ours = got["lanparty"]
    if name == "deep":
        report.bar("game RTT p50 over idle, ms", [r["p50"] - r["quiet"] for r in ours], 6)
        report.bar("game RTT p99 over idle, ms", [r["p99"] - r["quiet"] for r in ours], 12)
    if "plain" in got:
        report.bar("TCP, of first in first out", [a["mbit"] / b["mbit"] for a, b in zip(ours, got["plain"])], 0.97, ">=")


def run(bench, report, args):
    need("iperf3", "tc", "sysctl")
    if not (args.rate or args.buffer or args.way):
        run_idle(bench, report, args.runs)
    for way in [args.way] if args.way else WAYS:
        for rate in [args.rate] if args.rate else RATES:
            for name in [args.buffer] if args.buffer else BUFFERS:
                run_loaded(bench, report, args, rate, name, way)
