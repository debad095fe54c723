"""handshakes: relay CPU per connection with full handshake, join and leave.

Several members at a time, each in its own room, so that wake-ups do not dominate."""

from forward import free_port, our_relay
from lab import Trouble, note
from load import relay_cost

GUESTS = 1000


def options(parser):
    del parser


def run(bench, report, args):
    report.case("handshakes", f"relay CPU of a peer that connects, joins and leaves; {GUESTS} of them")
    spent = []
    for number in range(args.runs):
        note(f"  run {number + 1} of {args.runs}")
        at = f"127.0.0.1:{free_port()}"
        relay, der = our_relay(bench, at)
        load = bench.start(bench.program("guests"), at, der, str(GUESTS), "come")
        cost, result = relay_cost(relay, load)
        bench.stop(load, relay)
        if result["arrived"] != GUESTS:
            raise Trouble(f"only {result['arrived']} of {GUESTS} could join")
        spent.append(cost / 1000)
    report.row("a handshake", 3, ms=spent)
    report.bar("server CPU of a handshake, join and leave, ms", spent, 0.25)
