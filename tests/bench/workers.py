"""workers: relay CPU per forwarded frame, with two workers and with one.

8 rooms, each in a program of its own in which one member sends 512-byte frames to another; loads and relay share
all cores, so that only the relay's CPU time says something. A frame that went to the wrong worker would not arrive."""

from statistics import mean

from forward import free_port, our_relay
from lab import cpu_ns, note, run as run_program

ROOMS, SIZE, FRAMES = 8, 512, 12000
TURNS = (1, 2, 2, 1) * 2  # of a run: neither has the better moments of the machine


def options(parser):
    del parser


def measure(bench, workers):
    """Relay CPU microseconds per frame, and the share of frames that arrived."""
    at = f"127.0.0.1:{free_port()}"
    relay, der = our_relay(bench, at, "--workers", str(workers), cpu=None)
    # Not one program: packets of several peers that leave one socket together are steered together.
    loads = [bench.start(bench.program("load"), at, der, str(SIZE), str(FRAMES), "1", str(room), cpu=None)
             for room in range(ROOMS)]
    for load in loads:
        load.expect("ready")
    before = cpu_ns(relay.pid)
    for load in loads:
        load.tell()
    arrived = sum(load.result(60)["arrived"] for load in loads)
    spent = cpu_ns(relay.pid) - before
    bench.stop(*loads, relay)
    return spent / 1000 / max(1, arrived), 100 * arrived / (FRAMES * ROOMS)


def run(bench, report, args):
    report.case("workers", f"{ROOMS} rooms, 1->1, {SIZE} B: relay CPU a frame with two workers and with one")
    if "--workers" not in run_program(bench.program("lanparty-relay"), "--help"):
        report.note("this relay has no --workers")
        return
    cost, arrived = {1: [], 2: []}, []
    for number in range(args.runs):
        note(f"  run {number + 1} of {args.runs}")
        turns = {1: [], 2: []}
        for workers in TURNS:
            us, share = measure(bench, workers)
            turns[workers].append(us)
            arrived.append(share)
        for workers in cost:
            cost[workers].append(mean(turns[workers]))
    report.row("us a frame", 2, **{f"{n} worker(s)": us for n, us in cost.items()}, **{"arrived %": arrived})
    report.bar("CPU a frame with 2 workers, of 1 (a tenth is noise)", [b / a for a, b in zip(cost[1], cost[2])], 1.1)
    report.bar("frames that arrived, %", min(arrived), 100, ">=")
