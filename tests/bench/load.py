"""The loads: TCP (iperf3), a game, a relay's CPU time under datagrams."""

import json

from lab import OTHER_CPU, cpu_ns, inner

GAME_PORT, BULK_PORT, BLAST_PORT = 7001, 7002, 7003
LARGE = 1472  # with 28 bytes of headers a whole 1500-byte packet


class Tcp:
    """iperf3 from one place to the other, seconds long after omit seconds that do not count; with cubic, which
    most computers have, whatever this one is set to."""

    def __init__(self, lab, sender, receiver, seconds, flows=1, omit=1):
        self.lab, self.seconds = lab, seconds + omit
        self.server = lab.start(receiver, "iperf3", "-s", "-1", "-p", str(BULK_PORT), "--forceflush")
        self.server.expect("listening")
        self.client = lab.start(sender, "iperf3", "-c", inner(receiver), "-p", str(BULK_PORT), "-t", str(seconds),
                                "-O", str(omit), "-P", str(flows), "-C", "cubic", "-J")

    def mbit(self):
        """Received data in Mbit/s; 0 when iperf3 did not finish."""
        result = json.loads(self.client.output(self.seconds + 15) or "{}")
        self.lab.stop(self.client, self.server)
        return result.get("end", {}).get("sum_received", {}).get("bits_per_second", 0) / 1e6


class Game:
    """A game between a and b."""

    def __init__(self, lab, seconds, size=64, interval=20, port=GAME_PORT, net=0):
        program = lab.bench.program("game")
        self.lab, self.seconds = lab, seconds
        self.echo = lab.start("b", program, "echo", f"{inner('b', net)}:{port}")
        self.echo.expect("listening")
        self.player = lab.start("a", program, "play", f"{inner('b', net)}:{port}", str(seconds), str(size), str(interval))

    def result(self):
        result = self.player.result(self.seconds + 15)
        self.lab.stop(self.player, self.echo)
        return result


def relay_cost(relay, load):
    """Relay CPU microseconds per copy that arrived, and the load's output, which has load.c's format."""
    load.expect("ready", 30)
    before = cpu_ns(relay.pid)
    load.tell()
    result = load.result(60)
    spent = cpu_ns(relay.pid) - before
    load.tell()
    return spent / 1000 / max(1, result["arrived"]), result


def blast(lab, relay, size, count):
    """UDP packets from a to b; count < 0: 4,000 per second."""
    load = lab.start("a", lab.bench.program("blast"), lab.netns("b"), f"{inner('b')}:{BLAST_PORT}", str(size),
                     str(count), cpu=OTHER_CPU)
    cost, result = relay_cost(relay, load)
    lab.stop(load)
    return cost, result
