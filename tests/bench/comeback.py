"""comeback: how long 1,000 members need to be back after their relay was killed and started again.

The members, in rooms of ten, are silent: each notices the restart with its next keep-alive. They run in one
process beside the relay, so half of the time is their own work."""

import re
import tempfile
import time

from forward import free_port
from lab import note
from lab import run as run_program

MEMBERS = 1000
AWAY = 2  # seconds


def options(parser):
    del parser


def relay(bench, at, folder):
    """Unlike our_relay it has the same certificate after a restart, and its usual limits."""
    program = bench.start(bench.program("lanparty-relay"), "--listen", at, "--cert", f"{folder}/crt", "--key",
                          f"{folder}/key")
    program.expect("listening")
    return program


def once(bench, folder):
    said = run_program(bench.program("lanparty-relay"), "new-cert", "--cert", f"{folder}/crt", "--key", f"{folder}/key")
    pin = re.search(r"sha256:\w+", said)[0]
    port = free_port()
    first = relay(bench, f"127.0.0.1:{port}", folder)
    crowd = bench.start(bench.program("comeback"), str(port), pin, str(MEMBERS))
    crowd.expect("ready", timeout=120)
    first.process.kill()
    first.process.wait()
    crowd.tell()
    crowd.expect("waiting")
    time.sleep(AWAY)
    second = relay(bench, f"127.0.0.1:{port}", folder)
    crowd.tell()
    said = crowd.line(timeout=60)
    bench.stop(crowd, second)
    return dict(word.split("=") for word in said.split())


def run(bench, report, args):
    report.case("comeback", f"milliseconds until {MEMBERS} members are back after their relay was killed")
    figures = {"p50": [], "p95": [], "p99": [], "last": []}
    for number in range(args.runs):
        note(f"  run {number + 1} of {args.runs}")
        with tempfile.TemporaryDirectory() as folder:
            for name, value in once(bench, folder).items():
                if name in figures:
                    figures[name].append(int(value))
    report.row("a member", 1, **figures)
    report.bar("95 of 100 members, ms", figures["p95"], 4000)
    report.bar("99 of 100 members, ms", figures["p99"], 8000)
