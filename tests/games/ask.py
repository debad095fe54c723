"""Asks servers of games as the games do, for tools/games.

  ask.py ask INTERFACE PORT HEX...
                                  the questions in HEX, as broadcasts, once per second; tells the answer to the
                                  last of them
  ask.py group INTERFACE GROUP PORT HEX ANSWERS
                                  the same to a multicast group; answers go to the group too, at port ANSWERS
  ask.py teeworlds INTERFACE      what Teeworlds 0.7 does, which wants a token first

Prints each answer as a line: the sender's address and port, the port that it came to, and its data in hex. Ends
with status 0 after the first answer, or with 1 when none has come for 20 seconds.
"""
import pathlib
import secrets
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "integration"))
from probe import Teeworlds  # noqa: E402

PATIENCE = 20  # seconds


def udp(interface, port=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    s.bind(("", port))
    s.settimeout(1)
    return s


def tell(s, data, sender):
    print(sender[0], sender[1], s.getsockname()[1], data.hex(), flush=True)


def wait(s, ask, is_answer=lambda data, sender: True):
    """Calls ask once per second, until a packet is an answer."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        ask()
        try:
            data, sender = s.recvfrom(65536)
        except TimeoutError:
            continue
        if is_answer(data, sender):
            tell(s, data, sender)
            return True
    return False


def ask(interface, port, *questions):
    s, answers = udp(interface), []

    def send():
        s.sendto(bytes.fromhex(questions[len(answers)]), ("255.255.255.255", int(port)))

    def is_last(data, sender):
        answers.append(data)
        return len(answers) == len(questions)

    return wait(s, send, is_last)


def join(s, interface, group):
    index = socket.if_nametoindex(interface)
    member = socket.inet_aton(group) + struct.pack("=4si", bytes(4), index)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("=4s4si", bytes(4), bytes(4), index))


def group(interface, address, port, question, answers):
    s = udp(interface, int(answers))
    join(s, interface, address)
    return wait(s, lambda: s.sendto(bytes.fromhex(question), (address, int(port))))


def teeworlds(interface):
    s, own = udp(interface), secrets.token_bytes(4)

    def is_answer(data, sender):
        if token := Teeworlds.token_of(data, own):
            s.sendto(Teeworlds.get_info(token, own), sender)
        return Teeworlds.info(data, own)

    return wait(s, lambda: s.sendto(Teeworlds.token_request(own), ("255.255.255.255", 8303)), is_answer)


if __name__ == "__main__":
    words = {"ask": ask, "group": group, "teeworlds": teeworlds}
    sys.exit(0 if words[sys.argv[1]](*sys.argv[2:]) else 1)
