"""latency: what the tunnel adds to a round trip, and the delay of a game beside TCP on a slow uplink."""

from lab import Lab, need, note
from load import Game, Tcp
from tunnels import Lanparty, Plain

BASE_RTT = 20  # ms
IDLE_TURNS = 5  # a run
FLOWS = 4
SECONDS = 10
WARM_UP = 4  # s: until TCP has filled the buffer
RATES = (5, 20)
BUFFERS = {"deep": 300, "shallow": 20}
BARS = {"udp": (6, 12), "tcp": (15, 40)}  # ms: the round trip of a game over idle, p50 and p99, deep buffer
WAYS = {"up": ("a", "b", "relay"), "down": ("b", "a", "a")}  # sender, receiver, where the modem sends to


def options(parser):
    parser.add_argument("--rate", type=int, choices=RATES, help="Mbit/s of the modem (default: 5 and 20)")
    parser.add_argument("--buffer", choices=BUFFERS, help="the modem's, 300 or 20 ms (default: both)")
    parser.add_argument("--way", choices=WAYS, help="which the TCP goes, from the client (default: both)")
    parser.add_argument("--over", choices=BARS, default="udp", help="tcp: no UDP of the client gets through (default: udp)")
    parser.add_argument("--only-ours", action="store_true", help="leave out the first-in-first-out tunnel, and its bar")


def run_idle(bench, report, runs):
    """Both tunnels are up at the same time and take turns of a second, so that the machine's noise affects both."""
    report.case("latency, idle", "round trip of 64 bytes from TAP to TAP, 200 a second, against plain UDP")
    tunnels = [Lanparty(), Plain()]
    got = {tunnel.name: [] for tunnel in tunnels}
    with Lab(bench) as lab:
        for net, tunnel in enumerate(tunnels):
            tunnel.up(lab, net)
        for number in range(IDLE_TURNS * runs):
            for net, tunnel in enumerate(tunnels):
                got[tunnel.name].append(Game(lab, 1, interval=5, net=net).result()["rtt_ms"])
    for name, results in got.items():
        report.row(name, 3, **{f"{p} ms": [r[p] for r in results] for p in ("p50", "p99")})
    report.bar("RTT p50 when idle, of plain UDP", [a["p50"] / b["p50"] for a, b in zip(*got.values())], 1.15)


def loaded(bench, tunnel, rate, buffer_ms, way, over):
    """A game alone, then beside TCP."""
    sender, receiver, toward = WAYS[way]
    with Lab(bench, delay=BASE_RTT) as lab:
        if over == "tcp":
            lab.at("net", "nft", "table inet over { chain f { type filter hook forward priority 0; meta l4proto udp drop; }; }")
        tunnel.up(lab)
        lab.modem(toward, rate, buffer_ms)
        quiet = Game(lab, 3).result()["rtt_ms"]["p50"]
        tcp = Tcp(lab, sender, receiver, SECONDS, FLOWS, omit=WARM_UP)
        start = Game(lab, WARM_UP).result()["rtt_ms"]
        game = Game(lab, SECONDS - 2).result()
        return {"quiet": quiet, "mbit": tcp.mbit(), "p50": game["rtt_ms"]["p50"], "p99": game["rtt_ms"]["p99"],
                "lost": 100 * game["lost"] / game["sent"], "start": start["p99"] if start else float("inf")}


def run_loaded(bench, report, args, rate, name, way):
    over = "" if args.over == "udp" else ", over TCP"
    report.case(f"latency, {way} {rate} Mbit/s, {name} buffer{over}",
                f"a game beside {FLOWS} TCP flows once they fill the link, {BASE_RTT} ms base RTT, "
                f"{BUFFERS[name]} ms buffer")
    tunnels = [Lanparty()] + ([] if args.only_ours or over else [Plain()])
    got = {tunnel.name: [] for tunnel in tunnels}
    for number in range(args.runs):
        for tunnel in tunnels:
            note(f"  run {number + 1} of {args.runs}: {tunnel.name}")
            got[tunnel.name].append(loaded(bench, tunnel, rate, BUFFERS[name], way, args.over))
    for tunnel, results in got.items():
        report.row(tunnel, 2, **{title: [r[key] for r in results] for key, title in
                                 (("quiet", "idle p50 ms"), ("p50", "p50 ms"), ("p99", "p99 ms"), ("lost", "lost %"),
                                  ("start", "p99 while TCP starts ms"), ("mbit", "Mbit/s"))})
    report.chart("ms", {title: {tunnel: [r[key] for r in results] for tunnel, results in got.items()} for key, title in
                        (("quiet", "idle RTT p50"), ("p50", "RTT p50 beside TCP"), ("p99", "RTT p99 beside TCP"))})
    ours = got["lanparty"]
    if name == "deep":
        report.bar("game RTT p50 over idle, ms", [r["p50"] - r["quiet"] for r in ours], BARS[args.over][0])
        report.bar("game RTT p99 over idle, ms", [r["p99"] - r["quiet"] for r in ours], BARS[args.over][1])
    if "plain" in got:
        report.bar("TCP, of first in first out", [a["mbit"] / b["mbit"] for a, b in zip(ours, got["plain"])], 0.97, ">=")


def run(bench, report, args):
    need("iperf3", "tc", "sysctl")
    if not (args.rate or args.buffer or args.way or args.over == "tcp"):
        run_idle(bench, report, args.runs)
    for way in [args.way] if args.way else WAYS:
        for rate in [args.rate] if args.rate else RATES:
            for name in [args.buffer] if args.buffer else BUFFERS:
                run_loaded(bench, report, args, rate, name, way)
