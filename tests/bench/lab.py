"""Network namespaces that end with the program: two clients, and the relay between them.

    a 10.0.1.2 ---- [net] ---- relay 10.0.9.9 ---- b 10.0.2.2

net exists only for a long path: it delays packets, and its modem has a rate and a buffer. Each place's
interface toward the relay is "wan". Inside a tunnel a is 10.77.0.1 and b 10.77.0.2; a second tunnel beside
it has 10.77.1.

Nothing here reaches this machine's own network.
"""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RELAY = "10.0.9.9"
RELAY_CPU, OTHER_CPU = 0, 1
NETNS = "/run/netns"
PREFIX = "lanparty-bench"


def inner(place, net=0):
    """A client's address in a tunnel."""
    return f"10.77.{net}.{'ab'.index(place) + 1}"


class Trouble(Exception):
    """A reason why something cannot be measured, as a sentence."""


def need(*programs):
    """Raises Trouble when a program of the system is missing."""
    paths = os.environ["PATH"].split(":") + ["/usr/sbin", "/sbin"]
    missing = [p for p in programs if not any(os.access(os.path.join(f, p), os.X_OK) for f in paths)]
    if missing:
        raise Trouble(f"missing: {' '.join(missing)} (tools/setup --packages bench)")


def run(*args, check=True, timeout=30):
    done = subprocess.run(args, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=timeout)
    if check and done.returncode:
        raise Trouble(f"{' '.join(args)}: {done.stdout.strip()}")
    return done.stdout


def cpu_ns(pid):
    """CPU time of all threads of a process so far."""
    spent = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as f:
            spent += int(f.read().split()[0])
    return spent


class Program:
    """A background process on one CPU (None: any) that never outlives this program."""

    def __init__(self, args, cpu=OTHER_CPU, place=None, log=None, env=None):
        self.name = os.path.basename(args[0])
        if place:
            args = ["nsenter", f"--net={NETNS}/{place}", *args]
        if cpu is not None:
            args = ["taskset", "-c", str(cpu % os.cpu_count()), *args]
        args = ["setpriv", "--pdeathsig", "KILL", *args]
        self.log = open(log, "w") if log else None
        self.process = subprocess.Popen(args, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log or subprocess.DEVNULL, env=env, start_new_session=True)
        self.pid = self.process.pid
        self.heard = b""

    def line(self, timeout=20):
        """The next line of its output; empty when it has ended."""
        end = time.monotonic() + timeout
        while b"\n" not in self.heard:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise Trouble(f"{self.name} says nothing for {timeout} s")
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                break
            self.heard += more
        line, _, self.heard = self.heard.partition(b"\n")
        return line.decode()

    def expect(self, pattern, timeout=20):
        """The first line that matches the pattern."""
        end, said = time.monotonic() + timeout, []
        while True:
            line = self.line(max(0.1, end - time.monotonic()))
            if re.search(pattern, line):
                return line
            said.append(line)
            if not line and self.process.poll() is not None:
                raise Trouble(f"{self.name} ended ({self.process.returncode}) before it said {pattern}: "
                              f"{' / '.join(said)} {self.complaint()}")

    def complaint(self):
        """The end of its unread output."""
        said = self.heard
        while select.select([self.process.stdout], [], [], 0)[0]:
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                break
            said += more
        if self.log:
            with open(self.log.name, "rb") as f:
                said += f.read()
        return said[-500:].decode(errors="replace").strip()

    def result(self, timeout):
        """The next line of its output, parsed as JSON."""
        line = self.line(timeout)
        try:
            return json.loads(line)
        except ValueError:
            raise Trouble(f"{self.name} said {line!r} instead of its result: {self.complaint()}") from None

    def tell(self, text="\n"):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def output(self, timeout):
        """Its whole output until it ends by itself."""
        try:
            rest, _ = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Trouble(f"{self.name} does not end in {timeout} s") from None
        return (self.heard + rest).decode()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.log):
            if stream:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass


class Bench:
    """What all cases share: the programs, a temporary folder, the running processes."""

    def __init__(self, build):
        self.build, self.running, self.labs = build, [], []
        sweep()
        self.folder = tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-")

    def program(self, name):
        path = os.path.join(self.build, "bin" if name.startswith("lanparty-") else "tests", name)
        if not os.access(path, os.X_OK):
            raise Trouble(f"{path} is missing: cmake --preset release && cmake --build --preset release")
        return path

    def file(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, *args, cpu=OTHER_CPU, place=None, env=None):
        log = self.file(f"log-{len(os.listdir(self.folder.name))}")
        program = Program(list(args), cpu, place, log, {**os.environ, "STATE_DIRECTORY": self.folder.name, **(env or {})})
        self.running.append(program)
        return program

    def stop(self, *programs):
        for program in programs:
            program.stop()
            self.running.remove(program)

    def close(self):
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, signal.SIG_IGN)
        for lab in self.labs[:]:
            lab.close()
        for program in self.running:
            program.stop()
        self.folder.cleanup()


def sweep():
    """Removes what killed runs left behind; their processes died with them."""
    for folder in (NETNS, tempfile.gettempdir()):
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            owner = re.match(PREFIX + r"(\d+)-", name)
            if owner and not os.path.exists(f"/proc/{owner[1]}"):
                if folder == NETNS:
                    run("ip", "netns", "delete", name, check=False)
                else:
                    shutil.rmtree(os.path.join(folder, name), ignore_errors=True)


class Lab:
    """with Lab(bench) as lab: ... A delay (ms, both directions together) inserts the long path."""

    def __init__(self, bench, delay=0, offload=True):
        self.bench, self.delay, self.offload, self.programs = bench, delay, offload, []
        self.names = ["a", "b", "relay"] + (["net"] if delay else [])

    def __enter__(self):
        if os.getuid():
            raise Trouble("needs root, for network namespaces")
        need("ip", "tc", "nsenter", "setpriv", "taskset")
        self.bench.labs.append(self)
        try:
            for name in self.names:
                run("ip", "netns", "add", self.place(name))
                self.ip(name, "link", "set", "lo", "up")
            self.ip("relay", "address", "add", f"{RELAY}/32", "dev", "lo")
            if self.delay:
                self.long_wire()
            else:
                self.cable("a", "relay", 1)
            self.cable("b", "relay", 2)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self not in self.bench.labs:
            return
        self.stop(*self.programs[:])
        for name in self.names:
            run("ip", "netns", "delete", self.place(name), check=False)
        self.bench.labs.remove(self)

    def place(self, name):
        return f"{PREFIX}{os.getpid()}-{name}"

    def ip(self, place, *args):
        return run("ip", "-n", self.place(place), *args)

    def at(self, place, *args, check=True, timeout=30):
        return run("nsenter", f"--net={NETNS}/{self.place(place)}", *args, check=check, timeout=timeout)

    def cable(self, outer, inner, number):
        """A client's cable to its router, whose end has the client's name."""
        self.ip(outer, "link", "add", "wan", "type", "veth", "peer", "name", outer, "netns", self.place(inner))
        self.ip(outer, "address", "add", f"10.0.{number}.2/24", "dev", "wan")
        self.ip(inner, "address", "add", f"10.0.{number}.1/24", "dev", outer)
        for place, name in ((outer, "wan"), (inner, outer)):
            self.ip(place, "link", "set", "dev", name, "up")
            if not self.offload:
                # Then a packet lost is one packet, not 64 KB of them.
                self.at(place, "ethtool", "-K", name, "tso", "off", "gso", "off", "gro", "off",
                        "tx-udp-segmentation", "off")
        self.ip(outer, "route", "add", "default", "via", f"10.0.{number}.1")

    def long_wire(self):
        """Packets that arrive in net pass the delay, then follow the main routing table."""
        self.cable("a", "net", 1)
        self.cable("relay", "net", 3)
        self.ip("net", "route", "add", RELAY, "via", "10.0.3.2")
        self.at("net", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0",
                "net.ipv4.conf.default.rp_filter=0")
        self.start("net", self.bench.program("delay"), "delay0", str(self.delay / 2)).expect("delaying")
        self.ip("net", "link", "set", "dev", "delay0", "up", "txqueuelen", "10000")
        for name in ("a", "relay"):
            self.ip("net", "rule", "add", "iif", name, "lookup", "100")
        self.ip("net", "route", "add", "default", "dev", "delay0", "table", "100")

    def modem(self, toward, mbit, buffer_ms):
        """The rate of the long path in one direction: toward "relay" (a's uplink) or "a"."""
        self.at("net", "tc", "qdisc", "replace", "dev", toward, "root", "tbf", "rate", f"{mbit}mbit",
                "burst", "3000", "latency", f"{buffer_ms}ms")

    def loss(self, per_thousand):
        """Random loss of incoming packets at each receiver; 0: none."""
        for place, names in (("a", ["wan"]), ("b", ["wan"]), ("relay", ["a", "b"])):
            self.at(place, "nft", "flush", "ruleset")
            if per_thousand:
                interfaces = ", ".join(f'"{n}"' for n in names)
                self.at(place, "nft", "table inet loss { chain in { type filter hook input priority 0; "
                        f"iifname {{ {interfaces} }} meta l4proto {{ tcp, udp }} "
                        f"numgen random mod 1000 < {per_thousand} drop; }}; }}")

    def start(self, place, *args, cpu=OTHER_CPU, env=None):
        program = self.bench.start(*args, cpu=cpu, place=self.place(place), env=env)
        self.programs.append(program)
        return program

    def stop(self, *programs):
        for program in programs:
            self.bench.stop(program)
            self.programs.remove(program)

    def inside(self, tap, mtu, net=0):
        """Gives the two ends of a tunnel their addresses, and waits until it carries something."""
        for place in ("a", "b"):
            self.ip(place, "link", "set", "dev", tap, "up", "mtu", str(mtu))
            self.ip(place, "address", "replace", inner(place, net) + "/24", "dev", tap)
        end = time.monotonic() + 45  # fastd tries again after 20 s
        while "1 received" not in self.at("a", "ping", "-c", "1", "-W", "1", inner("b", net), check=False):
            if time.monotonic() > end:
                said = "".join(f"\n{p.name}: {p.complaint()}" for p in self.programs)
                raise Trouble(f"no ping passes the tunnel{said}")

    def netns(self, place):
        return f"{NETNS}/{self.place(place)}"


def note(text):
    """Prints progress for people."""
    print(text, file=sys.stderr, flush=True)
