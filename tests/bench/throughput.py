"""throughput: TCP and UDP from one client's TAP to another's, the relay on one core, everything else on the other."""

from lab import Lab, Trouble, cpu_ns, need, note
from load import LARGE, Game, Tcp, blast
import rivals
from tunnels import Lanparty, Plain

WHAT = "TCP and datagrams from TAP to TAP, the relay alone on its core"
SIZES = (128, 1200)
SECONDS = 4
ISOLATED = -6000  # 1.5 s
GAME = 1000 / 60  # ms between two packets, each way


def options(parser):
    parser.add_argument("--with", dest="rivals", action="append", default=[], choices=[*rivals.ALL, "all"],
                        help="beside an installed rival too; can be repeated")
    parser.add_argument("--loss", type=float, metavar="PERCENT", help="random loss of each hop, each way, instead")


def measure(bench, tunnel):
    with Lab(bench) as lab:
        relay = tunnel.up(lab)
        figures = {"TCP Mbit/s": Tcp(lab, "a", "b", SECONDS).mbit()}
        for size in SIZES:
            cost, result = blast(lab, relay, size, 100000)
            figures[f"{size} B kpps"] = result["arrived"] / result["seconds"] / 1000
            figures[f"{size} B us"] = cost
            figures[f"{size} B isolated us"], _ = blast(lab, relay, size, ISOLATED)
        figures["game us"] = game_cost(lab, relay)
    return figures


def game_cost(lab, relay):
    """Relay CPU microseconds per packet of a single game, which sends in both directions."""
    before = cpu_ns(relay.pid)
    result = Game(lab, SECONDS, interval=GAME).result()
    return (cpu_ns(relay.pid) - before) / 1000 / (2 * result["sent"] - result["lost"])


def collect(runs, tunnels, one):
    """Measures all in turn, repeated runs times: {name: {figure: [value, ...]}}."""
    got = {}
    for number in range(runs):
        for tunnel in tunnels:
            note(f"  run {number + 1} of {runs}: {tunnel.name}")
            for figure, value in one(tunnel).items():
                got.setdefault(tunnel.name, {}).setdefault(figure, []).append(value)
    return got


def run(bench, report, args):
    need("iperf3", "ethtool", "nft", "sysctl")
    if args.loss:
        return run_loss(bench, report, args)
    report.case("throughput", WHAT)
    tunnels = [Lanparty(), Plain()]
    for name in rivals.ALL if "all" in args.rivals else dict.fromkeys(args.rivals):
        try:
            tunnels.append(rivals.ALL[name]())
        except Trouble as trouble:
            report.note(f"without {name}: {trouble}")
    got = collect(args.runs, tunnels, lambda tunnel: measure(bench, tunnel))
    for name, figures in got.items():
        report.row(name, 1, **{f: figures[f] for f in ("TCP Mbit/s", "game us")})
        for size in SIZES:
            report.row(f"{name} {size} B", 2, **{f: figures[f"{size} B {f}"] for f in ("kpps", "us", "isolated us")})
    report.chart("TCP Mbit/s", {"TCP": {name: f["TCP Mbit/s"] for name, f in got.items()}})
    report.chart("relay CPU a packet, us", {
        f"{size} B {how}": {name: f[f"{size} B {figure}"] for name, f in got.items()} for size in SIZES
        for figure, how in (("us", "saturated"), ("isolated us", "4,000 a second"))})
    ours = got["lanparty"]
    for tunnel in tunnels:
        theirs = got[tunnel.name]
        ratio = {f: [a / b for a, b in zip(ours[f], theirs[f])] for f in ours}
        if tunnel.name == "plain":
            report.row("ratio to plain", 2, **{f: ratio[f] for f in ratio if "kpps" not in f})
        elif tunnel.name != "lanparty":
            report.bar(f"TCP, times {tunnel.name}", ratio["TCP Mbit/s"], 1, ">")
            for size in SIZES:
                report.bar(f"relay CPU a packet, {size} B saturated, of {tunnel.name}", ratio[f"{size} B us"], 1, "<")
                report.bar(f"relay CPU a packet, {size} B isolated, of {tunnel.name}",
                           ratio[f"{size} B isolated us"], 1, "<")


def measure_loss(bench, tunnel, per_thousand):
    with Lab(bench, offload=False) as lab:
        tunnel.up(lab)
        clean = Tcp(lab, "a", "b", SECONDS).mbit()
        lab.loss(per_thousand)
        alone = Game(lab, SECONDS, interval=5).result()
        game, large = Game(lab, SECONDS + 2, interval=5), Game(lab, SECONDS + 2, LARGE, 100, port=7101)
        lossy = Tcp(lab, "a", "b", SECONDS).mbit()
        game, large = game.result(), large.result()
        lab.loss(0)
        after = Game(lab, 2, LARGE, 100, port=7102).result()

    def one_way(result):
        return max(result[way]["p99"] for way in ("up_ms", "down_ms"))
    return {"TCP Mbit/s": clean, "TCP lossy Mbit/s": lossy, "TCP ratio": lossy / max(clean, 1e-9),
            "game alone p99 one way ms": one_way(alone), "game beside TCP p99 one way ms": one_way(game),
            "large frames' longest gap ms": large["gap_ms"], "large frames lost %": 100 * large["lost"] / large["sent"],
            "large frames lost after": after["lost"]}


def run_loss(bench, report, args):
    report.case("loss", f"{args.loss:g} % random loss on each hop and each way, no segmentation offload")
    got = collect(args.runs, [Lanparty(), Plain()], lambda tunnel: measure_loss(bench, tunnel, round(args.loss * 10)))
    for name, f in got.items():
        report.row(f"{name} TCP", 1, **{"loss-free Mbit/s": f["TCP Mbit/s"], "lossy Mbit/s": f["TCP lossy Mbit/s"]})
        report.row(f"{name} game, p99 one way", 2, **{"alone ms": f["game alone p99 one way ms"],
                                                      "beside TCP ms": f["game beside TCP p99 one way ms"]})
        report.row(f"{name} large frames, beside TCP", 1, **{"longest gap ms": f["large frames' longest gap ms"],
                                                             "lost %": f["large frames lost %"],
                                                             "lost after the loss": f["large frames lost after"]})
    report.chart("TCP Mbit/s", {title: {name: f[key] for name, f in got.items()} for key, title in
                                (("TCP Mbit/s", "loss-free"), ("TCP lossy Mbit/s", f"{args.loss:g} % loss"))})
    ours = got["lanparty"]
    report.bar("TCP, share of its loss-free figure", ours["TCP ratio"], 0.7, ">=")
    report.bar("game alone, p99 one way ms", ours["game alone p99 one way ms"], 0.6)
    report.bar("large frames' longest gap ms", max(ours["large frames' longest gap ms"]), 1000, "<")
    report.bar("large frames lost once the loss is over", max(ours["large frames lost after"]), 0)
