"""The tunnels that are measured: ours, and plain UDP. Each makes one from a through the relay to b.

up(lab) gives the program in the middle, whose CPU time counts; the interfaces are TAP in both places.
"""

from lab import RELAY, RELAY_CPU

TAP = "tap0"
PORT = 4433
# What QUIC and the overlay need of a 1,472-byte packet: plain_tap pads with as much, so that both tunnels
# fill a link with the same packets, and TCP in them has the same segments (1,366 bytes).
PAD = 40


class Lanparty:
    name, mtu = "lanparty", 1500

    def up(self, lab, mtu=None):
        bench = lab.bench
        pin = lab.at("relay", bench.program("lanparty-relay"), "new-cert", "--cert", bench.file(f"{id(lab)}.crt"),
                     "--key", bench.file(f"{id(lab)}.key")).split()[-1]
        code = lab.at("a", bench.program("lanparty-client"), "new-room").strip()
        relay = lab.start("relay", bench.program("lanparty-relay"), "--listen", f"{RELAY}:{PORT}",
                          "--cert", bench.file(f"{id(lab)}.crt"), "--key", bench.file(f"{id(lab)}.key"),
                          "--client-rate", "0", "--broadcast-rate", "0", "--unknown-rate", "0", cpu=RELAY_CPU)
        relay.expect("listening")
        for place in ("a", "b"):
            client = lab.start(place, bench.program("lanparty-client"), "--tap", TAP,
                               f"lanparty://{RELAY}:{PORT}/{code}?pin={pin}",
                               env={"STATE_DIRECTORY": bench.file(f"state-{place}")})
            client.expect("^joined")
        lab.inside(TAP, mtu or self.mtu)
        return relay


class Plain:
    """First in, first out: no crypto, no policy."""
    name = "plain"
    mtu = 1500 - 28 - 14 - PAD

    def up(self, lab, mtu=None):
        bench = lab.bench
        relay = lab.start("relay", bench.program("floor"), "relay", f"{RELAY}:{PORT}", cpu=RELAY_CPU)
        relay.expect("listening")
        for place in ("a", "b"):
            lab.start(place, bench.program("plain_tap"), f"{RELAY}:{PORT}", TAP, str(PAD)).expect("joined")
        lab.inside(TAP, mtu or self.mtu)
        return relay
