"""Other tunnels, on the same topology as ours: TAP in both clients, and the program in the middle forwards.

Each has its own crypto, and an inner MTU with which its packets need no fragmentation. The clients have
no way to each other but through the relay's place.
"""

import os
import tempfile
import textwrap
import time

from lab import RELAY, RELAY_CPU, Trouble, inner, need, run
from tunnels import TAP


class Rival:
    mtu = 1360

    def __init__(self):
        need(*self.programs)

    def up(self, lab):
        self.lab, self.folder = lab, tempfile.mkdtemp(prefix=f"{self.name}-", dir=lab.bench.file(""))
        middle = self.start_all()
        for place in ("a", "b"):
            self.wait_for_tap(place)
        lab.inside(TAP, self.mtu)
        return middle

    def write(self, name, *texts):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", opener=lambda p, flags: os.open(p, flags, 0o600)) as f:
            f.writelines(textwrap.dedent(text) for text in texts)
        return path

    def start(self, place, *args):
        return self.lab.start(place, *args, cpu=RELAY_CPU if place == "relay" else 1)

    def wait_for_tap(self, place):
        end = time.monotonic() + 15
        while TAP not in self.lab.ip(place, "-br", "link"):
            if time.monotonic() > end:
                raise Trouble(f"{self.name} makes no interface: {self.lab.programs[-1].complaint()}")
            time.sleep(0.05)


class OpenVpn(Rival):
    """AES-128-GCM over UDP, client to client within the server."""
    name = "openvpn"
    programs = ("openvpn", "openssl")

    def certificates(self):
        def path(name):
            return os.path.join(self.folder, name)
        new = ("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
        run(*new, "-x509", "-subj", "/CN=ca", "-keyout", path("ca.key"), "-out", path("ca.crt"))
        for who in ("relay", "client"):
            run(*new[:-2], "-subj", f"/CN={who}", "-keyout", path(f"{who}.key"), "-out", path(f"{who}.csr"))
            run("openssl", "x509", "-req", "-days", "2", "-in", path(f"{who}.csr"), "-CA", path("ca.crt"), "-CAkey",
                path("ca.key"), "-CAcreateserial", "-out", path(f"{who}.crt"))

    def start_all(self):
        self.certificates()

        def config(who, text):
            return self.write(f"{who}.conf", f"""\
                dev {TAP}
                dev-type tap
                proto udp
                tun-mtu {self.mtu}
                mssfix 0
                data-ciphers AES-128-GCM
                sndbuf 4194304
                rcvbuf 4194304
                txqueuelen 1000
                ca {self.folder}/ca.crt
                cert {self.folder}/{who}.crt
                key {self.folder}/{who}.key
                verb 1
                """, text)
        middle = self.start("relay", "openvpn", "--config", config("relay", f"""\
                local {RELAY}
                mode server
                tls-server
                dh none
                client-to-client
                duplicate-cn
                """))
        # It has an interface too, and stumbles when that is down.
        self.wait_for_tap("relay")
        self.lab.ip("relay", "link", "set", "dev", TAP, "up")
        client = config("client", f"client\nnobind\nremote {RELAY}\n")
        for place in ("a", "b"):
            self.start(place, "openvpn", "--config", client)
        return middle


class Tinc(Rival):
    """tinc 1.0 as a switch, with its default crypto."""
    name = "tinc"
    programs = ("tincd",)

    def start_all(self):
        keys = {}
        for place in ("a", "b", "relay"):
            self.write(f"{place}/tinc.conf", f"""\
                Name = {place}
                Mode = switch
                Interface = {TAP}
                AddressFamily = ipv4
                UDPRcvBuf = 4194304
                UDPSndBuf = 4194304
                """, "" if place == "relay" else "ConnectTo = relay\n")
            host = f"Address = {RELAY}\n" if place == "relay" else "IndirectData = yes\n"
            self.write(f"{place}/hosts/{place}", host)
            run("tincd", "-c", os.path.join(self.folder, place), "-K", "2048")
            with open(os.path.join(self.folder, place, "hosts", place)) as f:
                keys[place] = f.read()
        middle = None
        for place in ("relay", "a", "b"):
            for other, text in keys.items():
                self.write(f"{place}/hosts/{other}", text)
            program = self.start(place, "tincd", "-c", os.path.join(self.folder, place), "-D",
                                 f"--pidfile={self.folder}/{place}.pid")
            middle = middle or program
            time.sleep(0.3)
        return middle


class Fastd(Rival):
    """salsa2012+umac; the one in the middle forwards."""
    name = "fastd"
    programs = ("fastd",)

    def start_all(self):
        keys = {}
        for place in ("a", "b", "relay"):
            said = run("fastd", "--generate-key").split()
            keys[place] = said[said.index("Secret:") + 1], said[said.index("Public:") + 1]
        middle = None
        for place in ("relay", "a", "b"):
            peers = "".join(f'peer "{other}" {{ key "{keys[other][1]}"; '
                            f'{f"remote {RELAY}:10000;" if other == "relay" else ""} }}\n'
                            for other in keys if other != place and "relay" in (other, place))
            path = self.write(f"{place}.conf", f"""\
                mode tap;
                interface "{TAP}";
                method "salsa2012+umac";
                mtu {self.mtu};
                secret "{keys[place][0]}";
                log level warn;
                """, f"bind {RELAY}:10000;\nforward yes;\n" if place == "relay" else "", peers)
            program = self.start(place, "fastd", "-c", path)
            middle = middle or program
        return middle


class N2n(Rival):
    """Version 1.3, as Debian has it: end to end crypto, through the supernode."""
    name = "n2n"
    programs = ("supernode", "edge")

    def start_all(self):
        middle = self.start("relay", "supernode", "-l", "7654")
        for place in ("a", "b"):
            self.start(place, "edge", "-d", TAP, "-a", inner(place), "-c", "bench", "-k", "no secret", "-l",
                       f"{RELAY}:7654", "-M", str(self.mtu), "-r", "-m", f"02:00:00:00:01:{place.encode().hex()}")
        return middle


ALL = {rival.name: rival for rival in (OpenVpn, Tinc, Fastd, N2n)}
