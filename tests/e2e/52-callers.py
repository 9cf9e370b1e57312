#!/usr/bin/env python3
# world: native
"""Callers' own scripts, style by style, without root: text logins and SLIP.

    a script of the period ── TCP ── masqd ── uplink (socket) ── 198.51.100.80
    its own address, as it reads it    10.64.0.1, 192.0.2.1

Each caller knows only what its script knows: what to wait for, what to send,
and that the first dotted quad it reads is its address.  56-callers-ppp.sh has
those who speak PPP.
"""
import json
import os
import re
import socket
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets as p  # noqa: E402

GATEWAY, SERVER, OUTSIDE = "10.64.0.1", "198.51.100.80", "192.0.2.1"
NOBODY = 65534
PASSWORD = b"secret1"
IAC, WONT, DO, DONT, WILL, BINARY = 0xFF, 0xFC, 0xFD, 0xFE, 0xFB, 0
TCPSER = bytes([IAC, WILL, 1, IAC, WILL, BINARY, IAC, DO, BINARY])
GREETING = bytes([IAC, WILL, 1, IAC, WILL, 3, IAC, WILL, BINARY, IAC, DO,
                  BINARY])
CONFIG = """
uplink {{ socket = "{0}/uplink"  address = "192.0.2.1" }}
callers {{ gateway = "10.64.0.1"  pool = "10.64.0.2-10.64.0.250" }}
line "auto" {{ port = "tcp:127.0.0.1:{1}"  calls = 3
	protocols = {{ "slip", "login" }} }}
line "telnet" {{ port = "tcp:127.0.0.1:{2}"  calls = 2  telnet = "yes"
	protocols = {{ "slip", "login" }} }}
line "cable" {{ port = "tcp:127.0.0.1:{3}"  user = "cable"
	address = "10.64.0.251"  protocols = {{ "slip" }} }}
accounts = "{0}/accounts"
login {{ issue = "The %line lines\\nof the bank"  idle = 3  delay = 1 }}
control {{ socket = "{0}/control" }}
"""
ACCOUNTS = """
alice : {clear}secret1 : 10.64.0.77
bob : {clear}secret1 : : proto=slip
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def even(text):
    """As a terminal of seven bits with even parity sends it."""
    return bytes(c | (bin(c).count("1") % 2) << 7 for c in text)


def frame(packet):
    out = packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + out + b"\xc0"


class Caller:
    """A computer, its modem, and the script that it runs."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.settimeout(5)
        self.heard = b""   # all of it
        self.at = 0        # what the script has read
        self.undouble = self.double = False

    def send(self, octets):
        if self.double:
            octets = octets.replace(b"\xff", b"\xff\xff")
        self.socket.sendall(octets)

    def more(self):
        """False: nothing came, or the end did."""
        try:
            octets = self.socket.recv(4096)
        except (TimeoutError, ConnectionError):
            return False
        self.heard += octets
        return bool(octets)

    def wait(self, text):
        """What came up to this text and with it; None: it does not come."""
        while text not in self.heard[self.at:]:
            if not self.more():
                return None
        end = self.heard.index(text, self.at) + len(text)
        seen, self.at = self.heard[self.at:end], end
        return seen

    def quad(self, number=1):
        """The number-th dotted quad of all that came, as `getip` has it."""
        self.wait(b"MTU is ")
        self.wait(b"\n")
        quads = re.findall(rb"\d+\.\d+\.\d+\.\d+", self.heard)
        return quads[number - 1].decode() if len(quads) >= number else None

    def packet(self):
        """The next datagram in SLIP, or None."""
        while True:
            rest = self.heard[self.at:]
            if self.undouble:
                rest = rest.replace(b"\xff\xff", b"\xff")
            for part in rest.split(b"\xc0")[:-1]:
                part = part.replace(b"\xdb\xdc", b"\xc0")
                part = part.replace(b"\xdb\xdd", b"\xdb")
                if part[:1] == b"\x45":
                    self.at = len(self.heard)
                    return p.Parsed(part)
            if not self.more():
                return None

    def ended(self):
        """True once masqd has hung up."""
        try:
            while self.socket.recv(4096):
                pass
            return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def login(self, user, end=b"\r"):
        """As most scripts do it; False where they would wait for ever."""
        if self.wait(b"ogin:") is None:
            return False
        self.send(user + end)
        if self.wait(b"assword:") is None:
            return False
        self.send(PASSWORD + end)
        return True

    def hang_up(self):
        self.socket.close()


def lines():
    return {line["name"]: line
            for line in json.loads(masqd.ctl("--json", "lines")[1])["lines"]}


def wait_state(name, state, seconds=5.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if lines()[name]["state"] == state:
            return True
        time.sleep(0.02)
    return False


def user_of(name):
    _, out, _ = masqd.ctl("--json", "sessions")
    return [s["user"] for s in json.loads(out)["sessions"]
            if s["line"] == name]


def online(caller, who, mine, name="auto/1", user="alice"):
    """The caller has an address: do packets with every octet go both ways?"""
    wait_state(name, "slip")
    data = bytes(range(256)) + b"\xff\xff\xff\xfb\x00\r\0\xc0\xdb"
    caller.send(frame(p.udp(mine, 1025, SERVER, 9, data)))
    seen = net.receive()
    good = bool(seen and seen.valid and seen.content == data and
                seen.source == OUTSIDE)
    if good:
        net.send(p.udp(SERVER, 9, OUTSIDE, seen.sport, data))
        seen = caller.packet()
        good = bool(seen and seen.valid and seen.content == data and
                    seen.destination == mine)
    tap.claim(f"{who}: online as {user}, every octet passes both ways",
              good and user_of(name) == [user],
              (vars(seen) if seen else None, user_of(name), caller.heard))
    caller.hang_up()
    if not wait_state(name, "idle"):
        tap.claim(f"{who}: the line is idle again", False, lines())


def trumpet():
    caller = Caller(AUTO)
    caller.send(b"\r")
    good = caller.login(b"alice") and caller.wait(b"rotocol:")
    caller.send(b"slip\r")
    mine = caller.quad()
    tap.claim("Trumpet's login.cmd reads its address, the first that it sees",
              good and mine == "10.64.0.77", caller.heard)
    tap.claim("the issue text came before the prompt, line by line",
              caller.heard.startswith(
                  b"\r\nThe auto/1 lines\r\nof the bank\r\nlogin: "),
              caller.heard)
    tap.claim("names are echoed, passwords are not",
              b"login: alice\r\n" in caller.heard and
              PASSWORD not in caller.heard, caller.heard)
    online(caller, "Trumpet's login.cmd", mine)


def windows_script():
    caller = Caller(AUTO)
    time.sleep(0.1)  # `delay`: it types before it has looked
    caller.send(b"\r")
    good = caller.login(b"alice") and caller.wait(b"rotocol:")
    caller.send(b"slip\r")
    mine, gate = caller.quad(), caller.quad(2)
    tap.claim("Windows' .scp: `getip` is the caller's address, `getip 2` the "
              "gateway's", good and (mine, gate) == ("10.64.0.77", GATEWAY),
              caller.heard)
    online(caller, "Windows' .scp", mine)


def dip():
    caller = Caller(AUTO)
    good = caller.login(b"bob", b"\n")
    caller.wait(b"IP address is ")
    mine = caller.quad()
    tap.claim("dip: bob's SLIP begins unasked, no question for a protocol",
              good and b"rotocol" not in caller.heard and mine is not None,
              caller.heard)
    online(caller, "dip", mine, user="bob")


def annex():
    caller = Caller(AUTO)
    caller.send(b"\r")
    good = caller.login(b"alice") and caller.wait(b"Protocol:")
    caller.send(b"slip\r")
    seen = caller.wait(b"Your IP address is ")
    mine = caller.quad()
    tap.claim("OS/2's annex.cmd finds what it looks for", good and seen,
              caller.heard)
    online(caller, "OS/2's annex.cmd", mine)


def bootp(caller, who, wanted):
    request = struct.pack("!BBBBIHH4s4s4s4s16s64s128s", 1, 1, 6, 0, 0x1234, 1,
                          0, b"", b"", b"", b"", b"\2\0\0\0\0\1", b"", b"")
    caller.send(frame(p.udp("0.0.0.0", 68, "255.255.255.255", 67,
                            request + bytes(64))))
    seen = caller.packet()
    good = seen and seen.valid and (seen.sport, seen.dport) == (67, 68)
    mine = socket.inet_ntoa(seen.content[16:20]) if good else None
    tap.claim(f"{who}: BOOTP tells the address", mine == wanted,
              vars(seen) if seen else caller.heard)
    return mine


def miami():
    caller = Caller(AUTO)
    caller.login(b"alice")
    caller.wait(b"Protocol:")
    caller.send(b"slip\r")
    caller.quad()
    online(caller, "Miami on an Amiga",
           bootp(caller, "Miami on an Amiga", "10.64.0.77"))


def cable():
    caller = Caller(CABLE)
    online(caller, "a line with a user of its own",
           bootp(caller, "a line with a user of its own", "10.64.0.251"),
           "cable/1", "cable")


def seven_bits():
    caller = Caller(AUTO)
    caller.send(even(b"\r"))
    good = caller.wait(even(b"login: ")) is not None
    caller.send(even(b"alice\r"))
    good = good and caller.wait(even(b"alice\r\nPassword: ")) is not None
    caller.send(even(PASSWORD + b"\r"))
    good = good and caller.wait(even(b"Protocol: ")) is not None
    tap.claim("a person at a terminal of seven bits is answered in seven bits",
              good, caller.heard)
    caller.send(even(b"quit\r"))
    tap.claim("and hung up on `quit`", caller.ended() and
              wait_state("auto/1", "idle"), lines())
    caller.hang_up()


def tcpser():
    caller = Caller(AUTO)
    caller.send(TCPSER)
    good = caller.login(b"alice") and caller.wait(b"rotocol:")
    caller.send(b"slip\r")
    mine = caller.quad()
    tap.claim("tcpser's greeting is not answered, and it stays raw",
              good and caller.heard[0] not in (0xFF, 0x1A) and
              b"\xff" not in caller.heard and mine == "10.64.0.77",
              caller.heard)
    online(caller, "tcpser", mine)


def dosbox():
    caller = Caller(AUTO)
    good = caller.login(b"alice") and caller.wait(b"rotocol:")
    tap.claim("DOSBox in telnet mode is never sent a command first",
              good and b"\xff" not in caller.heard, caller.heard)
    caller.hang_up()
    wait_state("auto/1", "idle")

    caller = Caller(TELNET)
    caller.wait(b"login: ")
    silent = b"\xff" not in caller.heard
    caller.send(b"alice\r")
    good = caller.wait(GREETING) is not None
    # It agrees to binary, undoubles from there on, and never doubles.
    caller.undouble = True
    caller.send(bytes([IAC, WILL, BINARY]))
    caller.wait(b"assword:")
    caller.send(PASSWORD + b"\r")
    caller.wait(b"rotocol:")
    caller.send(b"slip\r")
    mine = caller.quad()
    tap.claim("on a line that speaks telnet: offered after its first octet, "
              "not before", silent and good and mine == "10.64.0.77",
              caller.heard)
    # Nothing tells yet that its FF is single; one before less than F0 does.
    for data in (b"\xff\xff lost", b"\xff\x03 told"):
        caller.send(frame(p.udp(mine, 1025, SERVER, 9, data)))
    seen = net.receive()
    tap.claim("a first frame with two FF is lost, then it is known to send "
              "them single", seen and seen.content == b"\xff\x03 told",
              vars(seen) if seen else None)
    online(caller, "DOSBox on a line that speaks telnet", mine, "telnet/1")


def telnet_program():
    caller = Caller(AUTO)
    caller.send(bytes([IAC, DO, 3, IAC, WILL, 24, IAC, WILL, 31]))
    good = caller.wait(bytes([IAC, WILL, 3, IAC, WILL, 1, IAC, WILL, BINARY,
                              IAC, DO, BINARY, IAC, DONT, 24, IAC, DONT, 31]))
    tap.claim("a telnet program's options are answered, ours offered",
              good is not None, caller.heard)
    caller.send(bytes([IAC, DO, 1, IAC, DO, BINARY, IAC, WILL, BINARY]))
    caller.undouble = caller.double = True
    caller.login(b"alice")
    caller.wait(b"rotocol:")
    caller.send(b"slip\r")
    mine = caller.quad()
    tap.claim("nothing is answered twice", b"\xff" not in
              caller.heard[caller.heard.index(b"login: "):], caller.heard)
    online(caller, "a telnet program", mine)


def netcat():
    caller = Caller(AUTO)
    good = caller.login(b"alice", b"\n") and caller.wait(b"Protocol: ")
    caller.send(b"help\n")
    tap.claim("netcat, a person: help lists what there is",
              good and caller.wait(b"  cslip ") and
              caller.wait(b"Protocol: "), caller.heard)
    caller.send(b"bye\n")
    tap.claim("and `bye` ends the call", caller.ended() and
              wait_state("auto/1", "idle"), lines())
    caller.hang_up()


def null_modem():
    caller = Caller(AUTO)
    caller.send(b"CLIENT")
    tap.claim("Windows by a null-modem cable: CLIENT is answered, and nothing "
              "before it", caller.wait(b"CLIENTSERVER") == b"CLIENTSERVER",
              caller.heard)
    caller.hang_up()
    wait_state("auto/1", "idle")


def nobody_and_mailers():
    caller = Caller(AUTO)
    caller.wait(b"login: ")
    caller.send(b"**EMSI_INQC816\r**EMSI_INQC816\r")
    tap.claim("a mailer is not asked for a password, and hung up in the end",
              caller.wait(b"timed out") is not None and
              b"assword" not in caller.heard and caller.ended(), caller.heard)
    caller.hang_up()
    wait_state("auto/1", "idle")
    caller = Caller(AUTO)
    caller.send(b"\x7e\xff\x7d\x23\xc0\x21\x7d\x21\x7d\x21")
    caller.socket.settimeout(10)
    tap.claim("PPP where it is not served is hung up, and no text is sent",
              caller.ended() and caller.heard == b"" and
              wait_state("auto/1", "idle"), caller.heard)
    caller.hang_up()


AUTO, TELNET, CABLE = [free_port() for _ in range(3)]
tap = p.Tap()
folder = tempfile.mkdtemp(prefix="masqd-")
nobody = NOBODY if os.geteuid() == 0 else None
with open(folder + "/accounts", "w", encoding="utf-8") as file:
    file.write(ACCOUNTS)
os.chmod(folder + "/accounts", 0o600)
if nobody is not None:
    os.chown(folder, nobody, nobody)
    os.chown(folder + "/accounts", nobody, nobody)
masqd = p.Masqd(CONFIG.format(folder, AUTO, TELNET, CABLE), folder, nobody)
try:
    tap.claim("masqd runs without root", masqd.wait_ready(), masqd.messages())
    net = p.Link(folder + "/uplink")
    for style in (trumpet, windows_script, dip, annex, miami, cable,
                  seven_bits, tcpser, dosbox, telnet_program, netcat,
                  null_modem, nobody_and_mailers):
        style()
    tap.claim("no password stands in the log",
              PASSWORD.decode() not in masqd.messages(), masqd.messages())
    masqd.process.terminate()
    tap.claim("masqd ends by SIGTERM", masqd.process.wait(5) == 0)
finally:
    if masqd.process.poll() is None:
        masqd.process.kill()
    if tap.bad:
        print("# " + masqd.messages().replace("\n", "\n# "))
tap.end()
