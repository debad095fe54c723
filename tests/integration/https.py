"""Strangers at a relay's TCP port.

  https.py idle ADDRESS PORT COUNT [NETWORK]  opens so many connections that say nothing, from 500 /24, the first of
                                              which is NETWORK (198.18.0.0), if it is given; prints "idle N": those that the
                                              relay has not closed after a second; then opens more, as many as were
                                              closed, twice per second
  https.py closes ADDRESS PORT HOW            does something in bad faith; prints how many seconds the relay has taken
                                              that, and how many bytes. HOW is one of
      silent    says nothing
      tls       a byte of a ClientHello per second
      request   after TLS, a byte of a request per second
      upgraded  after the upgrade, nothing
      head      a header without an end
      capsule   after the upgrade, a capsule of 2^61 bytes
      junk      after the upgrade, capsules of an unknown type without an end
      payload   after the upgrade, a payload of one byte per second
      plain     a request without TLS
  https.py status ADDRESS PORT TEXT           sends TEXT, with \\r and \\n, over TLS and prints the answer
  https.py listen PORT                        takes connections at PORT, and says nothing
Exit status 0 when the answer came.
"""
import ipaddress
import select
import socket
import ssl
import sys
import time

UPGRADE = (
    "GET /.well-known/masque/udp/lanparty/443/ HTTP/1.1\r\nHost: relay\r\nConnection: Upgrade\r\n"
    "Upgrade: connect-udp\r\nCapsule-Protocol: ?1\r\n\r\n"
)
PATIENCE = 30  # seconds


def connected(address, port, source=None):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    s.settimeout(PATIENCE)
    if source:
        s.bind((source, 0))
    s.connect((address, port))
    return s


def secure(s):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(s, server_hostname="relay.test")


def upgraded(s):
    s = secure(s)
    s.sendall(UPGRADE.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += s.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return s


def hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        context.wrap_bio(incoming, outgoing, server_hostname="relay.test").do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def endless(first, more):
    yield first
    while True:
        yield more


def ways(how, s):
    """The socket, what is sent, and how many seconds lie between two pieces."""
    if how == "silent":
        return s, [], 0
    if how == "tls":
        return s, [bytes([b]) for b in hello()], 1
    if how == "plain":
        return s, [b"GET / HTTP/1.1\r\nHost: relay\r\n\r\n"], 0
    if how == "request":
        return secure(s), [c.encode() for c in "GET / HTTP/1.1\r\nHost: relay\r\n" + 99 * "A"], 1
    if how == "head":
        return secure(s), endless(b"GET / HTTP/1.1\r\nHost: relay\r\nA: ", 64 * b"a"), 0
    s = upgraded(s)
    if how == "upgraded":
        return s, [], 0
    if how == "capsule":
        return s, endless(b"\0" + (2**61 + 3 * 2**62).to_bytes(8, "big"), 1024 * b"x"), 0
    if how == "payload":
        return s, endless(b"", b"\0\2\0@"), 1
    return s, endless(b"", b"\x29\x44\x00" + 1024 * b"x"), 0  # junk


def goes_on(s, seconds):
    """Whether it is still open after so long."""
    end = time.monotonic() + seconds
    while True:
        pending = s.pending() if isinstance(s, ssl.SSLSocket) else 0
        left = end - time.monotonic()
        if not pending and not select.select([s], [], [], max(0, left))[0]:
            return True
        if not s.recv(65536):
            return False


def closes(address, port, how):
    begin = time.monotonic()
    sent = 0
    s, pieces, pause = ways(how, connected(address, port))
    try:
        for piece in pieces:
            s.sendall(piece)
            sent += len(piece)
            if not goes_on(s, pause):
                break
            if time.monotonic() - begin > PATIENCE:
                return False
        while goes_on(s, PATIENCE):
            return False
    except (ConnectionError, ssl.SSLError):
        pass
    print(f"closed after {time.monotonic() - begin:.1f} s and {sent} bytes")
    return True


def idle(address, port, count, network=None):
    def another(i):
        source = str(network + 256 * (i % 500) + 1 + i // 500) if network else None
        try:
            s = connected(address, port, source)
            s.setblocking(False)
            return s
        except OSError:
            return None

    def is_open(s):
        try:
            return s is not None and s.recv(1) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    some = [another(i) for i in range(count)]
    time.sleep(1)
    print(f"idle {sum(is_open(s) for s in some)}", flush=True)
    while True:
        some = [s if is_open(s) else another(i) for i, s in enumerate(some)]
        time.sleep(0.5)


def status(address, port, text):
    s = secure(connected(address, port))
    s.sendall(text.encode().decode("unicode_escape").encode())
    answer = b""
    try:
        while piece := s.recv(65536):
            answer += piece
    except (ConnectionError, ssl.SSLError):
        pass
    print(answer.decode())
    return answer.startswith(b"HTTP/1.1 ")


def listen(port):
    s = socket.create_server(("", port))
    print("listening", flush=True)
    while True:
        s.accept()


def main(words):
    what, *rest = words
    if what == "listen":
        return listen(int(rest[0]))
    address, port, *rest = rest
    if what == "idle":
        return idle(address, int(port), int(rest[0]), *map(ipaddress.IPv4Address, rest[1:]))
    return {"closes": closes, "status": status}[what](address, int(port), *rest)


sys.exit(0 if main(sys.argv[1:]) else 1)
