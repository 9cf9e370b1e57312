#!/usr/bin/env python3
# world: native
"""SLIP and CSLIP callers over TCP, without root, against RFC 1144 in Python.

    callers ── TCP ── masqd ── uplink (socket) ── 198.51.100.80
    10.64.0.2 ...     10.64.0.1   192.0.2.1
"""
import json
import os
import random
import socket
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cslip  # noqa: E402
import packets as p  # noqa: E402

GATEWAY, SERVER, OUTSIDE = "10.64.0.1", "198.51.100.80", "192.0.2.1"
NOBODY = 65534


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


OWN, TEXT, SLOW, CAROLS, GUESSED = [free_port() for _ in range(5)]
CONFIG = """
uplink {{ socket = "{0}/uplink"  address = "192.0.2.1" }}
callers {{ gateway = "10.64.0.1"  pool = "10.64.0.2-10.64.0.250"
	dns = {{ "198.51.100.53", "198.51.100.54" }} }}
line "own" {{ port = "tcp:127.0.0.1:{1}"  calls = 4  user = "emu"
	protocols = {{ "slip" }} }}
line "text" {{ port = "tcp:127.0.0.1:{2}"  calls = 4
	protocols = {{ "slip", "login" }} }}
line "slow" {{ port = "tcp:127.0.0.1:{3}"  calls = 2  rate = 9600
	protocols = {{ "slip", "login" }} }}
line "carols" {{ port = "tcp:127.0.0.1:{4}"  calls = 2  user = "carol"
	protocols = {{ "slip" }} }}
line "guessed" {{ port = "tcp:127.0.0.1:{5}"  new-calls-each = 60
	protocols = {{ "slip", "login" }} }}
login {{ delay = 0 }}
accounts = "{0}/accounts"
control {{ socket = "{0}/control" }}
"""
ACCOUNTS = """
alice : {clear}one : :
bob : {clear}two : : no-vj
carol : {clear}three : 10.64.1.7 : one-call
dave : {clear}four : : session=2
erin : {clear}five : : idle=2
"""


def sessions():
    """By user, those that are there."""
    _, out, _ = masqd.ctl("--json", "sessions")
    return {s["user"]: s for s in json.loads(out)["sessions"]}


def lines():
    return json.loads(masqd.ctl("--json", "lines")[1])["lines"]


def lent():
    return json.loads(masqd.ctl("--json", "status")[1])["pool"]["lent"]


def wait_for(condition, seconds=5.0):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= until:
            return False
        time.sleep(0.02)
    return True


def hang_up(*callers):
    for caller in callers:
        caller.close()
    wait_for(lambda: sessions() == {})


def shown(packet):
    return vars(p.Parsed(packet)) if packet else masqd.messages()


def log_in(port, user, password, word, compress=False):
    """The caller, and the text that told the address."""
    caller = cslip.Caller(port, compress)
    for prompt, answer in (("ogin: ", user), ("assword: ", password),
                           ("rotocol: ", word)):
        if caller.read_until(prompt.encode()) is None:
            return caller, b""
        caller.say(answer.encode() + b"\r")
    caller.read_until(word.encode() + b"\r\n", 2)
    return caller, caller.read_until(b"\r\n") or b""


class Conversation:
    """TCP between a caller and the server behind the uplink."""

    def __init__(self, caller, address):
        self.caller, self.address = caller, address
        self.seq, self.ack = 1000, 5000
        self.ident, self.port = 100, None
        self.wire = {"in": 0, "out": 0}

    def up(self, data, flags=p.ACK):
        """A segment of the caller's; what the server sees of it."""
        self.ident += 1
        self.caller.send(p.tcp(self.address, 1025, SERVER, 23, flags,
                               self.seq, self.ack, data, ident=self.ident))
        self.wire["out"] += self.caller.wire_out
        self.seq += len(data) + bool(flags & p.SYN)
        return uplink.receive()

    def down(self, data, flags=p.ACK):
        """One of the server's; what the caller sees of it."""
        uplink.send(p.tcp(SERVER, 23, OUTSIDE, self.port, flags, self.ack,
                          self.seq, data, ident=self.ident))
        self.ack += len(data) + bool(flags & p.SYN)
        packet = self.caller.receive()
        self.wire["in"] += self.caller.wire_in
        return p.Parsed(packet) if packet else None

    def open(self):
        while uplink.receive(0):
            pass  # of those before
        seen = self.up(b"", p.SYN)
        if seen is None:
            return False
        self.port = seen.sport
        back = self.down(b"", p.SYN | p.ACK)
        return back is not None and self.up(b"") is not None

    def both_ways(self, data, answer):
        seen, back = self.up(data), self.down(answer)
        return seen and back and seen.valid and back.valid and \
            seen.content == data and back.content == answer

    def keys(self, count):
        """That many keystrokes, each with its echo."""
        self.wire = {"in": 0, "out": 0}
        return all(self.both_ways(bytes([65 + i % 26]),
                                  bytes([97 + i % 26]))
                   for i in range(count))


def address_by_bootp():
    caller = cslip.Caller(OWN)
    caller.send(p.udp("0.0.0.0", 68, "255.255.255.255", 67,
                      cslip.bootp_request()))
    packet = caller.receive()
    seen = p.Parsed(packet) if packet else None
    kind, transaction, mine, options = cslip.bootp_reply(
        seen.content) if seen else (0, 0, "0.0.0.0", {})
    tap.claim("BOOTP over SLIP tells the address of the call",
              seen and seen.valid and kind == 2 and
              transaction == 0x12345678 and
              (seen.source, seen.destination, seen.sport, seen.dport) ==
              (GATEWAY, "255.255.255.255", 67, 68) and
              mine == sessions()["emu"]["address"], shown(packet))
    tap.claim("with mask, gateway and DNS, though no cookie was sent",
              options == {1: b"\xff\xff\xff\0",
                          3: socket.inet_aton(GATEWAY),
                          6: socket.inet_aton("198.51.100.53") +
                          socket.inet_aton("198.51.100.54")}, options)
    caller.send(p.udp("44.1.2.3", 68, "44.255.255.255", 67,
                      cslip.bootp_request(True, "44.1.2.3")))
    packet = caller.receive()
    tap.claim("also to a caller who is configured with another",
              packet and cslip.bootp_reply(
                  p.Parsed(packet).content)[2] == mine, shown(packet))
    tap.claim("and no request leaves", uplink.receive(0.3) is None)
    return caller, mine


def plain(caller, mine):
    caller.send(p.echo(mine, SERVER, 9, data=b"\xc0\xdb\xdc\xdd" * 100))
    seen = uplink.receive()
    tap.claim("a ping leaves translated, all octets in it", seen and
              seen.valid and seen.source == OUTSIDE and
              seen.payload[8:] == b"\xc0\xdb\xdc\xdd" * 100)
    talk = Conversation(caller, mine)
    tap.claim("a plain caller's TCP works both ways", talk.open() and
              talk.keys(20))
    tap.claim("nothing is compressed towards him", caller.kind == "plain" and
              talk.wire["in"] >= 20 * 43, (caller.kind, talk.wire))
    tap.claim("the console says slip",
              sessions()["emu"]["protocol"] == "slip", sessions())


def adaptive():
    caller = cslip.Caller(OWN, compress=True)
    caller.send(p.udp("0.0.0.0", 68, "255.255.255.255", 67,
                      cslip.bootp_request()))
    mine = cslip.bootp_reply(p.Parsed(caller.receive()).content)[2]
    talk = Conversation(caller, mine)
    tap.claim("a caller who compresses gets through", talk.open() and
              talk.both_ways(b"a", b"b"))
    tap.claim("masqd compresses, too, once he has",
              caller.kind == "uncompressed", caller.kind)
    tap.claim("a hundred keystrokes and their echoes", talk.keys(100))
    # END, mask, slot in his direction, checksum, the key, END.
    tap.claim("take some 7 octets each on the line, not 43",
              caller.kind == "compressed" and talk.wire["in"] <= 800 and
              talk.wire["out"] <= 900, talk.wire)
    tap.claim("the console says cslip",
              sessions()["emu"]["protocol"] == "cslip", sessions())
    big = bytes(random.Random(1144).randrange(256) for _ in range(500))
    tap.claim("bulk data arrives as it was, both ways",
              all(talk.both_ways(big[i:], big[:500 - i])
                  for i in range(0, 500, 7)))
    return caller, mine, talk


def errors(caller, mine, talk):
    lost = talk.up(b"")
    caller.say(b"\xc0" + bytes(range(1, 0xc0)) * 20 + b"\xc0")
    caller.say(b"\xc0E\xdbxyz\xdb\xc0\xff\xff\xff\xff\xc0~\xc0")
    tap.claim("noise between frames harms nothing", lost is not None and
              talk.both_ways(b"after", b"noise"))
    # A segment that the line swallows: the next ones are restored wrong.
    talk.ident += 1
    caller.compressor.make(p.tcp(mine, 1025, SERVER, 23, p.ACK, talk.seq,
                                 talk.ack, b"swallowed", ident=talk.ident))
    talk.seq += 9
    seen = talk.up(b"behind it")
    tap.claim("what is restored wrong has a wrong checksum",
              seen is None or not seen.valid, vars(seen) if seen else None)
    talk.seq -= 18
    seen = talk.up(b"swallowed")
    tap.claim("TCP's retransmission goes whole and repairs it",
              seen and seen.valid and seen.content == b"swallowed")
    talk.seq += 9
    tap.claim("and so it goes on", talk.both_ways(b"x", b"y"))
    for size in (1, 3, 40, 1500, 4000, 100000):
        caller.say(random.Random(size).randbytes(size) + b"\xc0")
    talk.caller.send_frame(p.echo(mine, GATEWAY, 3))
    tap.claim("100 kB of random octets, and the next ping is answered",
              wait_for(lambda: pong(caller)), masqd.messages()[-2000:])


def pong(caller):
    packet = caller.receive(0.5)
    return packet is not None and packet[9] == p.ICMP and \
        p.Parsed(packet).kind == 0


def by_login():
    caller, text = log_in(TEXT, "alice", "one", "cslip", compress=True)
    mine = sessions()["alice"]["address"]
    tap.claim("the console shows her on her line, and on no other",
              [line["name"] for line in lines()
               if line["user"] or line["address"]] == ["text/1"], lines())
    tap.claim("after the login the address is told before SLIP begins",
              text.startswith(f"Your IP address is {mine}.".encode()), text)
    talk = Conversation(caller, mine)
    talk.open()
    seen = talk.down(b"first")
    tap.claim("who says cslip gets it at once", seen and
              seen.content == b"first" and caller.kind == "uncompressed",
              caller.kind)
    tap.claim("and keystrokes are short", talk.keys(20) and
              caller.kind == "compressed")
    other, _ = log_in(TEXT, "bob", "two", "cslip", compress=True)
    talk = Conversation(other, sessions()["bob"]["address"])
    tap.claim("no-vj: what he compresses is understood",
              talk.open() and talk.keys(10))
    tap.claim("and nothing is compressed towards him",
              other.kind == "plain", other.kind)
    hang_up(caller, other)


def accounts():
    one, _ = log_in(TEXT, "carol", "three", "slip")
    wait_for(lambda: sessions() != {})
    tap.claim("a fixed address outside of the pool",
              sessions()["carol"]["address"] == "10.64.1.7", sessions())
    two, _ = log_in(TEXT, "carol", "three", "slip")
    tap.claim("one call is one call", two.ended(), masqd.messages()[-500:])
    tap.claim("with its cause", wait_for(lambda: any(
        line["last_cause"] == "Service-Unavailable" for line in lines())),
        lines())
    hang_up(one, two)
    one = cslip.Caller(CAROLS)
    wait_for(lambda: sessions() != {})
    tap.claim("without a login the line's user has his account all the same",
              sessions()["carol"]["address"] == "10.64.1.7", sessions())
    two = cslip.Caller(CAROLS)
    tap.claim("with all its options", two.ended(), masqd.messages()[-500:])
    hang_up(one, two)
    began = time.monotonic()
    caller, _ = log_in(TEXT, "dave", "four", "slip")
    tap.claim("a session of two seconds ends after two",
              caller.ended(10) and 1.9 < time.monotonic() - began < 6)
    tap.claim("with its cause in the log", wait_for(
        lambda: "(Session-Timeout)" in masqd.messages()), masqd.messages())
    caller.close()
    began = time.monotonic()
    caller, _ = log_in(TEXT, "erin", "five", "slip")
    wait_for(lambda: sessions() != {})
    mine = sessions()["erin"]["address"]
    time.sleep(1.2)  # more than half of her idle time
    caller.send(p.echo(mine, GATEWAY, 5))
    tap.claim("a packet begins the idle time anew", caller.receive() and
              caller.ended(10) and time.monotonic() - began > 3)
    tap.claim("and it has its cause", wait_for(
        lambda: "(Idle-Timeout)" in masqd.messages()))
    hang_up(caller)


def guesses():
    """Logins fail until a call is not taken any more; how many did."""
    wrong = 0
    while wrong < 20:
        caller = cslip.Caller(GUESSED)
        while text := caller.read_until(b": "):
            wrong += text.endswith(b"Password: ")
            caller.say(b"alice\r")
        if b"BUSY" in caller.kept:
            break
        caller.close()
        wait_for(lambda: {line["name"]: line["state"] for line in lines()}
                 ["guessed/1"] == "idle")
    tap.claim("who guesses passwords reads BUSY after some", 10 < wrong < 20,
              (wrong, masqd.messages()[-500:]))


def slow():
    caller, text = log_in(SLOW, "alice", "one", "slip")
    tap.claim("at 9600 bit/s the MTU is 296", b"MTU is 296." in text, text)
    mine = sessions()["alice"]["address"]
    caller.send(p.udp("0.0.0.0", 68, "255.255.255.255", 67,
                      cslip.bootp_request()))
    packet = caller.receive()
    tap.claim("BOOTP, of 328 octets, is answered all the same",
              packet and cslip.bootp_reply(
                  p.Parsed(packet).content)[2] == mine, shown(packet))
    caller.send(p.udp(mine, 4000, SERVER, 53, b"?"))
    asked = uplink.receive()
    uplink.send(p.udp(SERVER, 53, OUTSIDE, asked.sport, b"x" * 600, flags=2))
    told = uplink.receive()
    tap.claim("what may not be cut is told of", told and told.valid and
              (told.kind, told.code) == (3, 4) and
              struct.unpack("!H", told.payload[6:8])[0] == 296)
    uplink.send(p.udp(SERVER, 53, OUTSIDE, asked.sport, b"x" * 600))
    pieces = [caller.receive() for _ in range(3)]
    tap.claim("what may be comes in pieces of 296 at most", all(
        piece and len(piece) <= 296 for piece in pieces) and
        sum(len(piece) - 20 for piece in pieces) == 608,
        [len(piece or b"") for piece in pieces])
    hang_up(caller)


tap = p.Tap()
folder = tempfile.mkdtemp(prefix="masqd-")
nobody = None
if os.geteuid() == 0:
    nobody = NOBODY
    os.chown(folder, nobody, nobody)
with open(folder + "/accounts", "w", encoding="utf-8") as file:
    file.write(ACCOUNTS)
os.chmod(folder + "/accounts", 0o600)
if nobody is not None:
    os.chown(folder + "/accounts", nobody, nobody)
masqd = p.Masqd(CONFIG.format(folder, OWN, TEXT, SLOW, CAROLS,
                              GUESSED), folder, nobody)
try:
    tap.claim("masqd runs without root", masqd.wait_ready(),
              masqd.messages())
    uplink = p.Link(folder + "/uplink")
    first = address_by_bootp()
    plain(*first)
    hang_up(first[0])
    tap.claim("hung up: the address is back", lent() == 0, lent())
    one_call = adaptive()
    errors(*one_call)
    hang_up(one_call[0])
    by_login()
    accounts()
    slow()
    guesses()
    tap.claim("nothing is left", lent() == 0 and sessions() == {})
    masqd.process.terminate()
    tap.claim("masqd ends by SIGTERM", masqd.process.wait(5) == 0)
finally:
    if masqd.process.poll() is None:
        masqd.process.kill()
    if tap.bad:
        print("# " + masqd.messages().replace("\n", "\n# "))
tap.end()
