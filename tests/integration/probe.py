"""What the integration tests and the demo say on the network.

  probe.py serve PORT                    UDP: gives back what comes; TCP: gives the SHA-256 of what comes
  probe.py udp ADDRESS PORT              one question to it
  probe.py tcp ADDRESS PORT BYTES        so many random bytes to it
  probe.py fetch ADDRESS PORT BYTES      so many bytes from it
  probe.py segment ADDRESS PORT MOST    are TCP's segments to it at most so large, and not much less?
  probe.py hear PORT [GROUP INTERFACE]   waits for one datagram, also a broadcast or one for the group
  probe.py hear6 PORT GROUP INTERFACE    likewise for an IPv6 group
  probe.py shout ADDRESS PORT TEXT [INTERFACE]
                                         one datagram, also to a broadcast address or a group
  probe.py shouts ADDRESS PORT COUNT     so many different datagrams, 50 per second
  probe.py frames_of INTERFACE SECONDS MAC...
                                         counts the frames that come from these MACs
  probe.py copies PORT SECONDS           counts the datagrams that come again
  probe.py flood INTERFACE COUNT [MAC]   broadcast frames, as fast as they go; or unicast ones to MAC
  probe.py nat PORT ADDRESS PORT         forwards UDP from the first port to the second, as a NAT does;
                                         SIGUSR1: from another port from now on
  probe.py names ADDRESS ANSWER          a name server: each name has the IPv4 address ANSWER, and what it is asked
                                         of IPv6 it does not answer
  probe.py offers INTERFACE              asks for a DHCP lease, and says who offers one within 3 seconds
  probe.py asks INTERFACE WHOSE          asks for a lease as WHOSE DHCP client does (windows, macos, ...), takes it,
                                         and says what was offered and acknowledged
  probe.py claims INTERFACE ADDRESS      says in each way that it has this address: ARP, neighbour discovery, packets
  probe.py pieces INTERFACE MAC ADDRESS PORT TEXT ORDER
                                         one UDP datagram of many fragments, which leave in this order
  probe.py lease INTERFACE ADDRESS/LENGTH
                                         a DHCP server that leases this to everybody, with routes to everything
  probe.py advertise INTERFACE OWN       router advertisements that say whatever would harm, and once fd99::/64
  probe.py teeworlds [INTERFACE]         what Teeworlds' LAN browser does; prints the servers' names
  probe.py terminal WORD COMMAND...      runs it on a terminal, and closes that when the command has said
                                         the word; does it end with status 0?
  probe.py manager SOCKET                a service manager (sd_notify(3)): prints what it is told
  probe.py freeze TID SECONDS            stops one thread of a process by ptrace(2), for so long or until
                                         it is killed itself
Exit status 0 when the answer came.
"""
import ctypes
import hashlib
import ipaddress
import os
import pty
import secrets
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

PATIENCE = 4  # seconds for an answer


def udp_socket(interface=None, port=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    if interface:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    s.bind(("", port))
    s.settimeout(PATIENCE)
    return s


def serve(port):
    def tcp_client(connection):
        digest = hashlib.sha256()
        first = connection.recv(65536)
        if first.startswith(b"send "):
            data = secrets.token_bytes(int(first[5:]))
            connection.sendall(hashlib.sha256(data).hexdigest().encode() + data)
        else:
            while first:
                digest.update(first)
                first = connection.recv(65536)
            connection.sendall(digest.hexdigest().encode())
        connection.close()

    def tcp():
        listener = socket.create_server(("", int(port)))
        while True:
            threading.Thread(target=tcp_client, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=tcp, daemon=True).start()
    s = udp_socket(port=int(port))
    s.settimeout(None)
    print("serving", flush=True)
    while True:
        data, sender = s.recvfrom(65536)
        s.sendto(data, sender)


def udp(address, port):
    s = udp_socket()
    for _ in range(PATIENCE):
        question = secrets.token_hex(8).encode()
        s.settimeout(1)
        s.sendto(question, (address, int(port)))
        try:
            answer, sender = s.recvfrom(65536)
        except TimeoutError:
            continue
        print(f"{sender[0]} gave back {answer.decode()}")
        return answer == question
    return False


def receive_all(s):
    parts = []
    while part := s.recv(65536):
        parts.append(part)
    return b"".join(parts)


def tcp(address, port, count):
    data = secrets.token_bytes(int(count))
    start = time.monotonic()
    with socket.create_connection((address, int(port)), timeout=PATIENCE) as s:
        s.settimeout(60)
        s.sendall(data)
        s.shutdown(socket.SHUT_WR)
        answer = receive_all(s)
    good = answer.decode() == hashlib.sha256(data).hexdigest()
    report("to", address, count, start, good)
    return good


def fetch(address, port, count):
    start = time.monotonic()
    with socket.create_connection((address, int(port)), timeout=PATIENCE) as s:
        s.settimeout(60)
        s.sendall(b"send " + count.encode())
        answer = receive_all(s)
    digest, data = answer[:64].decode(), answer[64:]
    good = len(data) == int(count) and digest == hashlib.sha256(data).hexdigest()
    report("from", address, count, start, good)
    return good


def segment(address, port, most):
    with socket.create_connection((address, int(port)), timeout=PATIENCE) as s:
        size = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG)
    print(f"segments to {address} have at most {size} bytes")
    return int(most) - 60 < size <= int(most)


def report(way, address, count, start, good):
    seconds = max(time.monotonic() - start, 1e-3)
    print(f"{count} bytes {way} {address} by TCP in {seconds:.1f} s, {int(count) / seconds / 1e6:.1f} MB/s,",
          "the checksum is right" if good else "THE CHECKSUM IS WRONG")


def hear(port, group=None, interface=None):
    s = udp_socket(port=int(port))
    s.settimeout(3 * PATIENCE)
    if group:
        index = socket.if_nametoindex(interface)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     struct.pack("=4s4si", socket.inet_aton(group), bytes(4), index))
    print("listening", flush=True)
    data, sender = s.recvfrom(65536)
    print(f"heard from {sender[0]}: {data.decode()}", flush=True)
    return True


def hear6(port, group, interface):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind(("", int(port)))
    index = struct.pack("=I", socket.if_nametoindex(interface))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, socket.inet_pton(socket.AF_INET6, group) + index)
    print("listening", flush=True)
    s.settimeout(3 * PATIENCE)
    data, sender = s.recvfrom(65536)
    print(f"heard from {sender[0]}: {data.decode()}", flush=True)
    return True


def count(port, seconds):
    """Prints how many packets come to the port in that time."""
    s = udp_socket(port=int(port))
    end = time.monotonic() + float(seconds)
    packets = 0
    print("listening", flush=True)
    while (left := end - time.monotonic()) > 0:
        if select.select([s], [], [], left)[0]:
            s.recv(65536)
            packets += 1
    print(f"{packets} packets", flush=True)
    return True


def frames_of(interface, seconds, *macs):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((interface, 0))
    wanted = {bytes.fromhex(mac.replace(":", "")) for mac in macs}
    end = time.monotonic() + float(seconds)
    frames = 0
    print("watching", flush=True)
    while (left := end - time.monotonic()) > 0:
        if select.select([s], [], [], left)[0]:
            frame, sender = s.recvfrom(2048)
            if sender[2] != socket.PACKET_OUTGOING and frame[6:12] in wanted:
                frames += 1
                print(frame[:64].hex(), flush=True)
    print(f"{frames} frames", flush=True)
    return True


def copies(port, seconds):
    """Prints how many datagrams come again in that time, and when the last of these came."""
    s = udp_socket(port=int(port))
    end = time.monotonic() + float(seconds)
    heard, again, last = set(), 0, 0
    print("listening", flush=True)
    while (left := end - time.monotonic()) > 0:
        if select.select([s], [], [], left)[0]:
            data = s.recv(65536)
            if data in heard:
                again, last = again + 1, time.time()
            heard.add(data)
    print(f"{len(heard)} datagrams, {again} again, the last at {last * 1000:.0f}", flush=True)
    return True


def shouts(address, port, count):
    s = udp_socket()
    for i in range(int(count)):
        s.sendto(f"{i}".encode(), (address, int(port)))
        time.sleep(0.02)
    return True


def shout(address, port, text, interface=None):
    s = udp_socket(interface)
    s.sendto(text.encode(), (address, int(port)))
    return True


def flood(interface, count, mac="ff:ff:ff:ff:ff:ff"):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    source = s.getsockname()[4]
    asking = udp_socket(interface)
    asking.connect(("192.0.2.1", 9))
    own = socket.inet_aton(asking.getsockname()[0])
    # An IPv4 packet of 84 bytes and of an experimental protocol, to nobody: nobody answers.
    header = bytes.fromhex("4500005400004000 01fd") + bytes(2) + own + own
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    frame = (bytes.fromhex(mac.replace(":", "")) + source + b"\x08\x00" + header[:10] +
             struct.pack("!H", ~total & 0xFFFF) + header[12:] + bytes(64))
    sent = 0
    for _ in range(int(count)):
        try:
            s.send(frame)
            sent += 1
        except OSError:  # the card's queue is full
            time.sleep(0.001)
    print(f"sent {sent} frames to {mac}")
    return sent > 0


def nat(port, address, to_port):
    inside, outside, changed, client = udp_socket(port=int(port)), udp_socket(), [], None
    signal.signal(signal.SIGUSR1, lambda *_: changed.append(True))
    print("forwarding", flush=True)
    while True:
        for s in select.select([inside, outside], [], [], 0.1)[0]:
            data, sender = s.recvfrom(65536)
            if s is inside:
                client = sender
                outside.sendto(data, (address, int(to_port)))
            elif client:
                inside.sendto(data, client)
        if changed:
            changed.clear()
            outside.close()
            outside = udp_socket()


def names(server, address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((server, 53))
    print("answering", flush=True)
    while True:
        question, sender = s.recvfrom(512)
        end = question.index(b"\0", 12) + 5
        if question[end - 4:end - 2] == b"\0\1":  # A
            s.sendto(question[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question[12:end] +
                     b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address), sender)


def offers(interface):
    s = udp_socket(interface, port=68)
    transaction, mac = secrets.token_bytes(4), b"\x02" + secrets.token_bytes(5)
    # RFC 2131: op, htype, hlen, hops, xid, secs, flags (broadcast the answer), addresses, chaddr
    head = b"\x01\x01\x06\x00" + transaction + b"\x00\x00\x80\x00" + bytes(16) + mac + bytes(10 + 64 + 128)
    discover = head + bytes.fromhex("63825363 350101 3703010306 ff")
    s.sendto(discover, ("255.255.255.255", 67))
    found, end = set(), time.monotonic() + 3
    while (left := end - time.monotonic()) > 0:
        s.settimeout(left)
        try:
            answer = s.recv(2048)
        except TimeoutError:
            break
        at = answer.find(b"\x36\x04", 240)  # option 54: the server
        if answer[4:8] == transaction and at > 0:
            found.add((socket.inet_ntoa(answer[at + 2:at + 6]), socket.inet_ntoa(answer[16:20])))
    for server, address in sorted(found):
        print(f"{server} offers {address}")
    return bool(found)


# What DHCP clients put into their messages, but type, address and MAC: flags, then options in hex. MAC stands for the MAC.
DHCP_CLIENTS = {
    "windows": (0, "3d0701MAC 0c0450432d31 3c084d53465420352e30 370e0103060f1f212b2c2e2f7779f9fc"),
    "macos": (0, "370a017903060f6c72775ffc 390205dc 3d0701MAC 33040076a700 0c034d6163"),
    "android": (0, "3d0701MAC 390205dc 3c0f616e64726f69642d646863702d3134 0c0570686f6e65 370a0103060f1a1c333a3b2b"),
    "playstation": (0x8000, "390205c0 3d0701MAC 37050103060f1c 3c03505334"),
    "xbox": (0x8000, "3d0701MAC 3c0858424f5820312e30 0c0758626f784f4e45 370a0103060f1f212b2c2e2f"),
    "switch": (0x8000, "3d0701MAC 37050103060f1c 39020240"),
    "dreamcast": (0x8000, "3706011c02030f06"),
    "networkd": (0, "3d14ff0011223300020000ab1133445566778899aa01 390205dc 37080103060f1f212a79"),
    "ipxe": (0, "390205c0 5d020000 5e03010201 3c0c505845436c69656e743a4172 3706010306070c0f"
                "611100000102030405060708090a0b0c0d0e0f"),
}


def checksum_of(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(source, target, protocol, data, ident=0, flags=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(data), ident, flags, 64, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(target))
    return head[:10] + struct.pack("!H", checksum_of(head)) + head[12:] + data


def raw_socket(interface):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    s.bind((interface, 0))
    return s, s.getsockname()[4]


def dhcp_exchange(s, mac, client, kind, extra=b"", own="0.0.0.0"):
    """Sends a message of this type, as the client would, and returns the answer's type, address and server."""
    flags, options = client
    options = bytes.fromhex(options.replace("MAC", mac.hex()).replace(" ", ""))
    transaction = secrets.token_bytes(4)
    message = (b"\x01\x01\x06\x00" + transaction + struct.pack("!HH", 0, flags) + socket.inet_aton(own) + bytes(12)
               + mac + bytes(10 + 64 + 128) + bytes.fromhex("63825363") + bytes([53, 1, kind]) + options + extra + b"\xff")
    message += bytes(max(0, 300 - len(message)))
    udp_part = struct.pack("!HHHH", 68, 67, 8 + len(message), 0) + message
    s.send(b"\xff" * 6 + mac + b"\x08\x00" + ipv4(own, "255.255.255.255", 17, udp_part))
    end = time.monotonic() + PATIENCE
    while (left := end - time.monotonic()) > 0:
        if not select.select([s], [], [], left)[0]:
            break
        frame, sender = s.recvfrom(2048)
        if sender[2] == socket.PACKET_OUTGOING or frame[23] != 17 or frame[36:38] != b"\0D" or frame[46:50] != transaction:
            continue
        at = frame.find(b"\x35\x01", 42 + 240)
        server = frame.find(b"\x36\x04", 42 + 240)
        return frame[at + 2], socket.inet_ntoa(frame[58:62]), frame[server:server + 6]
    return None, None, None


def asks(interface, whose):
    s, mac = raw_socket(interface)
    client = DHCP_CLIENTS[whose]
    offer, address, server = dhcp_exchange(s, mac, client, 1)
    if offer != 2:
        print("no offer")
        return False
    acknowledged, address, _ = dhcp_exchange(s, mac, client, 3, bytes([50, 4]) + socket.inet_aton(address) + server)
    if acknowledged != 5:
        print("no acknowledgement")
        return False
    subprocess.run(["ip", "address", "add", f"{address}/24", "dev", interface], check=True)
    informed, _, _ = dhcp_exchange(s, mac, client, 8, own=address)
    subprocess.run(["ip", "address", "del", f"{address}/24", "dev", interface], check=True)
    print(f"{whose}: {address}, {'informed' if informed == 5 else 'not informed'}")
    return informed == 5


def claims(interface, address):
    s, mac = raw_socket(interface)
    everybody, own = b"\xff" * 6, ipaddress.ip_address(address)
    frames = []
    if own.version == 4:
        for operation, target in ((1, own.packed), (2, own.packed), (2, socket.inet_aton("192.168.77.20"))):
            frames.append(everybody + mac + bytes.fromhex("0806 0001 0800 0604") + struct.pack("!H", operation)
                          + mac + own.packed + bytes(6) + target)
        frames.append(everybody + mac + b"\x08\x00" + ipv4(address, "192.168.77.255", 17, struct.pack("!HHHH", 9, 9, 8, 0)))
    else:
        nodes = ipaddress.ip_address("ff02::1").packed
        for kind, flags, option in ((136, 0x20000000, 2), (135, 0, 1)):
            message = struct.pack("!BBHI", kind, 0, 0, flags) + own.packed + bytes([option, 1]) + mac
            pseudo = own.packed + nodes + struct.pack("!II", len(message), 58)
            message = message[:2] + struct.pack("!H", checksum_of(pseudo + message)) + message[4:]
            frames.append(b"\x33\x33\0\0\0\1" + mac + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(message), 58, 255)
                          + own.packed + nodes + message)
    for frame in frames * 3:
        s.send(frame)
        time.sleep(0.02)
    return True


def pieces(interface, mac, address, port, text, order):
    s, own = raw_socket(interface)
    asking = udp_socket(interface)
    asking.connect((address, 9))
    source = asking.getsockname()[0]
    body = text.encode().ljust(4000, b".")
    datagram = struct.pack("!HHHH", 5353, int(port), 8 + len(body), 0) + body
    parts = [(at, datagram[at:at + 1400]) for at in range(0, len(datagram), 1400)]
    ident = int.from_bytes(secrets.token_bytes(2), "big")
    for number in order.split(","):
        at, part = parts[int(number)]
        more = 0x2000 if at + len(part) < len(datagram) else 0
        s.send(bytes.fromhex(mac.replace(":", "")) + own + b"\x08\x00" + ipv4(source, address, 17, part, ident, more | at // 8))
    return True


def lease(interface, network):
    given = ipaddress.ip_interface(network)
    server, mask = socket.inet_aton("192.168.77.1"), given.netmask.packed
    s = udp_socket(interface, port=67)
    print("leasing", flush=True)
    while True:
        question = s.recv(2048)
        at = question.find(b"\x35\x01", 240)  # option 53: what it is
        answer = {1: 2, 3: 5}.get(question[at + 2]) if at > 0 else None
        if answer is None:
            continue
        head = b"\x02\x01\x06\x00" + question[4:8] + bytes(8) + given.ip.packed + bytes(8) + question[28:44]
        options = (bytes([53, 1, answer]) + b"\x36\x04" + server + b"\x33\x04\x00\x00\x0e\x10"
                   + b"\x01\x04" + mask + b"\x03\x04" + server + b"\x06\x04" + server
                   + b"\x21\x08\x08\x08\x08\x08" + server + b"\x79\x05\x00" + server
                   + b"\xf9\x05\x00" + server + b"\xff")
        s.sendto(head + bytes(192) + bytes.fromhex("63825363") + options, ("255.255.255.255", 68))


def advertise(interface, own):
    def prefix(address, length, valid=86400, preferred=14400):
        packed = ipaddress.ip_address(address).packed
        return struct.pack("!BBBBIII16s", 3, 4, length, 0xC0, valid, preferred, 0, packed)

    def checksum(data):
        total = sum(struct.unpack(f"!{len(data) // 2}H", data))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return ~total & 0xFFFF

    router, nodes = (ipaddress.ip_address(a).packed for a in ("fe80::bad", "ff02::1"))
    internet = ipaddress.ip_address("2000::").packed
    options = [prefix(address, length) for address in ("2000::", "2606:4700:4700::1111", own)
               for length in range(129) if length != 64 or address == own]
    options += [prefix(address, length, valid, valid) for address in (own, "2001:db8:1::", "2000::")
                for length in (3, 48, 64) if length != 64 or address != "2000::" for valid in (0, 1, 7200, 0xFFFFFFFF)]
    options += [struct.pack("!BBBBI16s", 24, 3, 3, 8, 86400, internet),
                struct.pack("!BBHI16s", 25, 3, 0, 86400, router),
                prefix("64:ff9b::", 64), prefix("fd99::", 64)]
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((interface, 0))
    mac = s.getsockname()[4]
    while True:
        for first in range(0, len(options), 40):
            message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0xC8, 1800, 0, 0) + b"".join(options[first:first + 40])
            pseudo = router + nodes + struct.pack("!II", len(message), 58)
            message = message[:2] + struct.pack("!H", checksum(pseudo + message)) + message[4:]
            s.send(b"\x33\x33\0\0\0\1" + mac + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, len(message), 58, 255)
                   + router + nodes + message)
        time.sleep(0.5)


class Teeworlds:
    """Teeworlds 0.7 on the wire: a server answers questions only to who has shown, with a token, that
    it is where it says it is."""
    PORTS = range(8303, 8311)  # where the LAN browser asks
    CONTROL, CONNLESS = 1 << 2, 8 << 2 | 1
    TOKEN = 5  # control message
    NO_TOKEN = b"\xff" * 4
    TOKEN_REQUEST_SIZE = 512
    GET_INFO, INFO = b"\xff\xff\xff\xffgie3", b"\xff\xff\xff\xffinf3"

    @classmethod
    def token_request(cls, own):
        body = bytes([cls.CONTROL, 0, 0]) + cls.NO_TOKEN + bytes([cls.TOKEN]) + own
        return body + bytes(cls.TOKEN_REQUEST_SIZE - len(own))

    @classmethod
    def token_of(cls, packet, own):
        """The server's token, when the packet is its answer to our request."""
        if len(packet) >= 12 and packet[0] & 0xFC == cls.CONTROL and packet[3:7] == own and packet[7] == cls.TOKEN:
            return packet[8:12]
        return None

    @classmethod
    def get_info(cls, server, own):
        return bytes([cls.CONNLESS]) + server + own + cls.GET_INFO + b"\x01"

    @classmethod
    def info(cls, packet, own):
        """Version, name, host, map and game type of a server, from its answer."""
        if packet[1:5] != own or packet[9:9 + len(cls.INFO)] != cls.INFO:
            return None
        return [text.decode(errors="replace") for text in packet[9 + len(cls.INFO) + 1:].split(b"\0")[:5]]


def teeworlds(interface=None):
    s = udp_socket(interface)
    own = secrets.token_bytes(4)
    for port in Teeworlds.PORTS:
        s.sendto(Teeworlds.token_request(own), ("255.255.255.255", port))
    s.settimeout(1)
    found, end = False, time.monotonic() + PATIENCE / 2
    while time.monotonic() < end and not found:
        try:
            packet, server = s.recvfrom(2048)
        except TimeoutError:
            continue
        if token := Teeworlds.token_of(packet, own):
            s.sendto(Teeworlds.get_info(token, own), server)
        elif info := Teeworlds.info(packet, own):
            print(f"{server[0]}:{server[1]} is \"{info[1]}\", Teeworlds {info[0]}, map {info[3]}, {info[4]}")
            found = True
    return found


def freeze(tid, seconds):
    seize, interrupt, wait_all = 0x4206, 0x4207, 0x40000000
    ptrace = ctypes.CDLL(None, use_errno=True).ptrace
    ptrace.argtypes = [ctypes.c_long] * 4
    ptrace.restype = ctypes.c_long
    for request in seize, interrupt:
        if ptrace(request, int(tid), 0, 0) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace: {os.strerror(ctypes.get_errno())}")
    os.waitpid(int(tid), wait_all)
    print("frozen", flush=True)
    time.sleep(float(seconds))  # the kernel lets the thread go on when this process ends
    return True


def manager(path):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    while True:
        print(s.recv(99).decode(), flush=True)


def terminal(word, *command):
    """Runs the command on a terminal of its own, and closes that when the command has said the word."""
    child, screen = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        os.execvp(command[0], command)
    said = b""
    end = time.monotonic() + PATIENCE
    while word.encode() not in said and select.select([screen], [], [], max(0, end - time.monotonic()))[0]:
        said += os.read(screen, 4096)
    os.close(screen)
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status == 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    return False


WORDS = {f.__name__: f for f in (serve, udp, tcp, fetch, segment, hear, hear6, count, frames_of, copies, shouts, shout, flood, nat,
                                names, offers, asks, claims, pieces, lease, advertise, teeworlds, manager, terminal, freeze)}
if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in WORDS:
        print(__doc__.strip())
        sys.exit(2)
    try:
        sys.exit(0 if WORDS[sys.argv[1]](*sys.argv[2:]) else 1)
    except OSError as error:
        print(error)
        os._exit(1)
