"""watch: what it costs a relay with 1,000 members in 100 rooms to be watched.

The CPU of the relay while nobody watches is subtracted. The command `status --watch` asks every second, the status page
every 2 s, Prometheus every 15 s. A page that asks is a program here that reads the same answers as often."""

import os
import time
import urllib.request

from forward import free_port, our_relay
from lab import Trouble, cpu_ns, note

GUESTS = 1000
SECONDS = 20


def options(parser):
    del parser


def share(relay, seconds, act=lambda: None, every=None):
    """Percent of a core that the relay uses while act is called every so many seconds."""
    begun, before = time.monotonic(), cpu_ns(relay.pid)
    while (left := begun + seconds - time.monotonic()) > 0:
        if every:
            act()
        time.sleep(max(0, min(left, every or left)))
    return (cpu_ns(relay.pid) - before) / (time.monotonic() - begun) / 1e7


def get(port, path, size):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        size.append(len(answer.read()))


def both_shares(relay, watcher, fd):
    """Both shares, while somebody reads what the command prints."""
    def read():
        try:
            while os.read(fd, 1 << 20):
                pass
        except BlockingIOError:
            pass

    before = cpu_ns(watcher.pid)
    status = share(relay, SECONDS, read, 0.1)
    return status, (cpu_ns(watcher.pid) - before) / SECONDS / 1e7


def run(bench, report, args):
    report.case("watch", f"CPU of a relay with {GUESTS} silent members in {GUESTS // 10} rooms, to be watched")
    figures = {name: [] for name in ("unwatched", "status", "command", "page", "prometheus")}
    sizes = {"page": [], "prometheus": []}
    for number in range(args.runs):
        note(f"  run {number + 1} of {args.runs}")
        at, port = f"127.0.0.1:{free_port()}", free_port()
        env = {"RUNTIME_DIRECTORY": bench.folder.name}
        relay, der = our_relay(bench, at, "--admin", f"127.0.0.1:{port}", env=env)
        load = bench.start(bench.program("guests"), at, der, str(GUESTS), "stay")
        load.expect("ready")
        load.tell()
        if (said := load.result(60))["arrived"] != GUESTS:
            raise Trouble(f"not all could join: {said}")
        idle = share(relay, SECONDS)
        figures["unwatched"].append(idle)
        watcher = bench.start(bench.program("lanparty-relay"), "status", "--watch", "--config", os.devnull, env=env)
        drain = watcher.process.stdout.fileno()
        os.set_blocking(drain, False)
        status, command = both_shares(relay, watcher, drain)
        figures["status"].append(status - idle)
        figures["command"].append(command)
        bench.stop(watcher)
        figures["page"].append(share(relay, SECONDS, lambda: get(port, "/api/v1/status", sizes["page"]), 2) - idle)
        figures["prometheus"].append(
            (share(relay, SECONDS, lambda: get(port, "/metrics", sizes["prometheus"]), 1.1) - idle) * 1.1 / 15)
        load.tell()
        bench.stop(load, relay)
    report.row("the relay, unwatched", 2, percent=figures["unwatched"])
    report.row("status --watch: the relay", 2, percent=figures["status"])
    report.row("status --watch: the command", 2, percent=figures["command"])
    report.row("the page: the relay", 2, percent=figures["page"], kB=[s / 1e3 for s in sizes["page"]])
    report.row("Prometheus: the relay", 3, percent=figures["prometheus"], kB=[s / 1e3 for s in sizes["prometheus"]])
    both = [a + b for a, b in zip(figures["status"], figures["command"])]
    report.bar("status --watch, relay and command, percent of a core", both, 1)
    report.bar("the page, percent of a core", figures["page"], 1)
