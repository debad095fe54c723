"""The measured tunnels: ours, and plain UDP. Each connects a through the relay with b.

up(lab) returns the program in the middle, whose CPU time counts. The interfaces are TAPs in both places.
"""

import os
import tempfile

from lab import RELAY, RELAY_CPU

TAP = "tap0"  # of the only one, or the first
PORT = 4433
# What QUIC and the overlay need of a 1,472-byte packet: plain_tap pads with as much, so that both tunnels
# fill a link with the same packets, and TCP in them has the same segments (1,366 bytes).
PAD = 40


class Tunnel:
    def up(self, lab, net=0):
        """A second tunnel beside the first has another network."""
        self.tap, self.at = f"tap{net}", f"{RELAY}:{PORT + net}"
        relay = self.start_all(lab)
        lab.inside(self.tap, self.mtu, net)
        return relay


class Lanparty(Tunnel):
    name, mtu = "lanparty", 1500

    def start_all(self, lab):
        bench = lab.bench
        folder = tempfile.mkdtemp(dir=bench.folder.name)  # new-cert never replaces a file
        cert, key = os.path.join(folder, "relay.crt"), os.path.join(folder, "relay.key")
        pin = lab.at("relay", bench.program("lanparty-relay"), "new-cert", "--cert", cert, "--key", key).split()[-1]
        code = lab.at("a", bench.program("lanparty-client"), "new-room").strip()
        relay = lab.start("relay", bench.program("lanparty-relay"), "--listen", self.at, "--cert", cert, "--key", key,
                          "--client-rate", "0", "--broadcast-rate", "0", "--unknown-rate", "0", cpu=RELAY_CPU)
        relay.expect("listening")
        for place in ("a", "b"):
            client = lab.start(place, bench.program("lanparty-client"), "--tap", self.tap,
                               f"lanparty://{self.at}/{code}?pin={pin}",
                               env={"STATE_DIRECTORY": bench.file(f"state-{place}")})
            client.expect("^joined")
        return relay


class Plain(Tunnel):
    """First in, first out: no encryption, no policy."""
    name = "plain"
    mtu = 1500 - 28 - 14 - PAD

    def start_all(self, lab):
        bench = lab.bench
        relay = lab.start("relay", bench.program("floor"), "relay", self.at, cpu=RELAY_CPU)
        relay.expect("listening")
        for place in ("a", "b"):
            lab.start(place, bench.program("plain_tap"), self.at, self.tap, str(PAD)).expect("joined")
        return relay
