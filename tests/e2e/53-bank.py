#!/usr/bin/env python3
# world: native
"""The bank over TCP, without root: SLIP calls, BUSY, limits, busy-out.

    callers ── TCP ── masqd ── uplink (socket) ── 198.51.100.80
    10.64.0.2 ...     10.64.0.1   192.0.2.1
"""
import json
import os
import select
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets as p  # noqa: E402

GATEWAY, SERVER, OUTSIDE = "10.64.0.1", "198.51.100.80", "192.0.2.1"
NOBODY = 65534


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


SLIP, SHARE, OFTEN, TEXT, DENY = [free_port() for _ in range(5)]
CONFIG = """
uplink {{ socket = "{0}/uplink"  address = "192.0.2.1" }}
callers {{ gateway = "10.64.0.1"  pool = "10.64.0.2-10.64.0.250" }}
line "net" {{ port = "tcp:127.0.0.1:{1}"  calls = 3  user = "emu"
	protocols = {{ "slip" }} }}
line "share" {{ port = "tcp:127.0.0.1:{2}"  calls = 4  calls-each = 2
	protocols = {{ "slip" }}  user = "emu" }}
line "text" {{ port = "tcp:127.0.0.1:{4}"  calls = 2
	protocols = {{ "slip", "login" }} }}
accounts = "{0}/accounts"
login {{ delay = 1 }}
line "deny" {{ port = "tcp:127.0.0.1:{5}"  deny = {{ "10.", "127." }}
	protocols = {{ "slip" }}  user = "emu" }}
line "cable" {{ port = "pty:{0}/cable"  modem = "none"  user = "emu"
	protocols = {{ "slip" }} }}
line "soft" {{ port = "pty:{0}/soft"  user = "emu"
	protocols = {{ "slip", "login" }} }}
line "often" {{ port = "tcp:127.0.0.1:{3}"  calls = 4  new-calls-each = 3
	protocols = {{ "slip" }}  user = "emu" }}
control {{ socket = "{0}/control" }}
"""


def frame(packet):
    out = packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc")
    return b"\xc0" + out + b"\xc0"


class Caller:
    """Somebody at the other end of a TCP line."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.socket.settimeout(3)
        self.kept = b""
        self.text = b""

    def send(self, packet):
        self.socket.sendall(frame(packet))

    def receive(self):
        """The next datagram, or None; what was no frame is in text."""
        while True:
            parts = self.kept.split(b"\xc0")
            while len(parts) > 1:
                first = parts.pop(0)
                self.kept = b"\xc0".join(parts)
                first = first.replace(b"\xdb\xdc", b"\xc0")
                first = first.replace(b"\xdb\xdd", b"\xdb")
                if first[:1] == b"\x45":
                    return p.Parsed(first)
                self.text += first
            try:
                more = self.socket.recv(4096)
            except TimeoutError:
                return None
            if not more:
                return None
            self.kept += more

    def until(self, text):
        """Everything up to this text; None: it does not come."""
        while text not in self.kept:
            try:
                more = self.socket.recv(4096)
            except TimeoutError:
                return None
            if not more:
                return None
            self.kept += more
        end = self.kept.index(text) + len(text)
        seen, self.kept = self.kept[:end], self.kept[end:]
        return seen

    def everything(self):
        """All octets up to the end of the stream; None: it does not end."""
        data = self.kept
        try:
            while True:
                more = self.socket.recv(4096)
                if not more:
                    return data
                data += more
        except ConnectionError:
            return data
        except TimeoutError:
            return None

    def close(self):
        self.socket.close()


def lines():
    _, out, _ = masqd.ctl("--json", "lines")
    return {line["name"]: line for line in json.loads(out)["lines"]}


def wait_state(name, state, seconds=5.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if lines()[name]["state"] == state:
            return True
        time.sleep(0.02)
    return False


def address_of(name):
    return lines()[name]["address"]


def calls(net):
    one = Caller(SLIP)
    tap.claim("a call over TCP takes the first idle line, SLIP at once",
              wait_state("net/1", "slip"), lines())
    mine = address_of("net/1")
    one.send(p.echo(mine, GATEWAY, 7))
    seen = one.receive()
    tap.claim("the gateway answers the caller's ping",
              seen and seen.valid and seen.kind == 0 and
              seen.source == GATEWAY and seen.destination == mine,
              vars(seen) if seen else masqd.messages())
    one.send(p.echo(mine, SERVER, 8))
    seen = net.receive()
    tap.claim("a ping leaves by the uplink, translated",
              seen and seen.valid and seen.source == OUTSIDE,
              vars(seen) if seen else None)
    if seen:
        net.send(p.echo(SERVER, OUTSIDE, seen.query, kind=0))
    seen = one.receive()
    tap.claim("and its answer comes back to the caller",
              seen and seen.valid and seen.source == SERVER and
              seen.destination == mine and seen.query == 8,
              vars(seen) if seen else None)
    data = bytes(range(256)) * 3
    one.send(p.udp(mine, 1025, SERVER, 9, data))
    seen = net.receive()
    tap.claim("all octets pass, END, ESC and FF among them",
              seen and seen.valid and seen.content == data,
              vars(seen) if seen else None)
    _, out, _ = masqd.ctl("--json", "sessions")
    sessions = json.loads(out)["sessions"]
    tap.claim("masqctl sessions shows user, line and protocol",
              [(s["user"], s["line"], s["protocol"], s["caller"])
               for s in sessions] == [("emu", "net/1", "slip", "127.0.0.1")],
              sessions)
    return one, mine


def busy(one):
    others = [Caller(SLIP), Caller(SLIP)]
    tap.claim("three lines take three calls",
              wait_state("net/2", "slip") and wait_state("net/3", "slip"))
    late = Caller(SLIP)
    seen = late.everything()
    tap.claim("the fourth reads BUSY, and the end",
              seen is not None and seen.strip() == b"BUSY", seen)
    talker = Caller(SLIP)
    talker.socket.sendall(b"x" * 3000)
    seen = talker.everything()
    tap.claim("so does one who talks at once",
              seen is not None and seen.strip() == b"BUSY", seen)
    for caller in [one, *others, late, talker]:
        caller.close()
    tap.claim("all lines are idle when the callers have gone",
              all(wait_state(f"net/{i}", "idle") for i in (1, 2, 3)), lines())
    tap.claim("and the lease is back",
              json.loads(masqd.ctl("--json", "status")[1])["pool"]["lent"] ==
              0)
    tap.claim("the log tells why and how long",
              "net/1: call ended (Lost-Carrier)" in masqd.messages(),
              masqd.messages())


def hangup():
    caller = Caller(SLIP)
    wait_state("net/1", "slip")
    code, _, err = masqd.ctl("hangup", "net/1")
    seen = caller.everything()
    tap.claim("masqctl hangup ends a SLIP call", code == 0 and
              seen is not None, err)
    caller.close()
    tap.claim("and the line waits for the next", wait_state("net/1", "idle"))


def login(net):
    caller = Caller(TEXT)
    began = time.monotonic()
    seen = caller.until(b"login: ")
    tap.claim("a silent caller is asked for a login in half a second",
              seen is not None and 0.4 < time.monotonic() - began < 3, seen)
    caller.socket.sendall(b"alice\r")
    seen = caller.until(b"Password: ")
    caller.socket.sendall(b"wrong\r")
    seen = caller.until(b"login: ")
    tap.claim("a wrong password is told", seen is not None and
              b"Login incorrect" in seen, seen)
    caller.socket.sendall(b"alice\r")
    caller.until(b"Password: ")
    caller.socket.sendall(b"secret1\r")
    tap.claim("the right one leads to the question for the protocol",
              caller.until(b"Protocol: ") is not None, caller.kept)
    caller.socket.sendall(b"slip\r")
    seen = caller.until(b"MTU is ")
    mine = address_of("text/1")
    tap.claim("the banner tells the address before SLIP begins",
              seen is not None and f"address is {mine}.".encode() in seen,
              seen)
    tap.claim("alice has her fixed address", mine == "10.64.0.77", mine)
    caller.send(p.echo(mine, SERVER, 3))
    seen = net.receive()
    tap.claim("and her packets leave", seen and seen.valid and
              seen.source == OUTSIDE, vars(seen) if seen else None)
    _, out, _ = masqd.ctl("--json", "sessions")
    tap.claim("the session is hers", json.loads(out)["sessions"][0]["user"] ==
              "alice", out)
    caller.close()
    wait_state("text/1", "idle")
    guesser = Caller(TEXT)
    guesser.socket.settimeout(10)
    for _ in range(3):
        guesser.until(b"login: ")
        guesser.socket.sendall(b"bob\r")
        guesser.until(b"Password: ")
        guesser.socket.sendall(b"guess\r")
    tap.claim("three wrong passwords end the call",
              guesser.everything() is not None and
              wait_state("text/1", "idle"))
    guesser.close()


class Opener(Caller):
    """A program that opens a pty of masqd's."""

    # pylint: disable=super-init-not-called
    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        self.kept = self.text = b""
        self.socket = self

    def sendall(self, data):
        os.write(self.fd, data)

    def recv(self, size):
        if not select.select([self.fd], [], [], 3)[0]:
            raise TimeoutError
        try:
            return os.read(self.fd, size)
        except OSError:
            return b""

    def close(self):
        os.close(self.fd)


def ptys(net):
    tap.claim("a pty that nobody has opened is absent, and says so",
              wait_state("cable", "absent") and
              "no program has opened" in lines()["cable"]["reason"], lines())
    opener = Opener(folder + "/cable")
    tap.claim("its opener is the caller", wait_state("cable", "slip"))
    mine = address_of("cable")
    opener.send(p.echo(mine, SERVER, 5))
    seen = net.receive()
    tap.claim("whose packets leave", seen and seen.valid and
              seen.source == OUTSIDE, vars(seen) if seen else None)
    opener.close()
    tap.claim("the opener gone is carrier lost",
              wait_state("cable", "absent") and
              lines()["cable"]["last_cause"] == "Lost-Carrier", lines())
    opener = Opener(folder + "/cable")
    wait_state("cable", "slip")
    masqd.ctl("hangup", "cable")
    tap.claim("masqctl hangup takes the pty away",
              opener.everything() is not None)
    opener.close()
    tap.claim("and there is another", wait_state("cable", "absent") and
              wait_for(lambda: os.path.exists(folder + "/cable")))
    opener = Opener(folder + "/cable")
    tap.claim("that serves the next", wait_state("cable", "slip"))
    opener.close()
    opener = Opener(folder + "/soft")
    opener.send(p.echo("0.0.0.0", GATEWAY, 1))
    tap.claim("who begins with a frame is no modem",
              wait_state("soft", "slip", 8), masqd.messages())
    opener.close()
    wait_state("soft", "absent")
    opener = Opener(folder + "/soft")
    tap.claim("who does not answer AT is none",
              opener.until(b"AT\r") is not None and
              opener.until(b"login: ") is not None, opener.kept)
    opener.close()
    wait_state("soft", "absent")
    modem = Opener(folder + "/soft")
    while lines()["soft"]["state"] != "idle":
        if modem.until(b"\r") is None:
            break
        modem.sendall(b"\r\nOK\r\n")
    tap.claim("who answers OK is a soft modem, and idle",
              wait_state("soft", "idle"), masqd.messages())
    modem.sendall(b"\r\nRING\r\n")
    tap.claim("a ring is answered", modem.until(b"ATA\r") is not None)
    modem.sendall(b"\r\nCONNECT 33600\r\n")
    tap.claim("the call begins", modem.until(b"login: ") is not None)
    modem.sendall(b"\r\nNO CARRIER\r\n")
    tap.claim("NO CARRIER ends it", wait_state("soft", "hangup") and
              lines()["soft"]["last_cause"] == "Lost-Carrier", lines())
    modem.close()


def wait_for(true, seconds=5.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if true():
                return True
        except OSError:
            pass
        time.sleep(0.02)
    return False


def busy_out():
    one = Caller(SLIP)
    wait_state("net/1", "slip")
    code, _, err = masqd.ctl("busy-out", "net")
    tap.claim("masqctl busy-out of a TCP line takes its idle calls",
              code == 0 and lines()["net/2"]["state"] == "busy-out" and
              lines()["net/1"]["state"] == "slip", err)
    late = Caller(SLIP)
    seen = late.everything()
    tap.claim("a caller reads BUSY", seen is not None and
              seen.strip() == b"BUSY", seen)
    one.close()
    tap.claim("the call that was there goes on to its end, then out",
              wait_state("net/1", "busy-out"), lines())
    code, out, err = masqd.ctl("modems")
    tap.claim("masqctl modems shows it", code == 0 and "busy-out" in out,
              out + err)
    masqd.ctl("restore", "net")
    again = Caller(SLIP)
    tap.claim("masqctl restore brings them back", wait_state("net/1", "slip"))
    code, _, _ = masqd.ctl("busy-out", "net/1", "now")
    tap.claim("busy-out now ends the call", again.everything() is not None)
    again.close()
    wait_state("net/1", "busy-out")
    masqd.ctl("restore", "net")
    tap.claim("who is no line is refused", masqd.ctl("busy-out", "nix")[0] != 0
              and masqd.ctl("busy-out", "net", "later")[0] != 0)
    denied = Caller(DENY)
    seen = denied.everything()
    tap.claim("a source that the deny list has reads BUSY",
              seen is not None and seen.strip() == b"BUSY" and
              lines()["deny/1"]["state"] == "idle", seen)
    for caller in (late, denied):
        caller.close()


def drain():
    one = Caller(SLIP)
    wait_state("net/1", "slip")
    code, out, _ = masqd.ctl("drain")
    tap.claim("masqctl drain counts the calls that go on", code == 0 and
              "go on: 1" in out, out)
    one.close()
    wait_state("net/1", "busy-out")
    code, out, _ = masqd.ctl("drain")
    tap.claim("and says when none is left", "can be stopped" in out, out)


def share():
    two = [Caller(SHARE), Caller(SHARE)]
    tap.claim("one source gets its two calls",
              wait_state("share/1", "slip") and wait_state("share/2", "slip"))
    third = Caller(SHARE)
    seen = third.everything()
    tap.claim("and no third, though lines are idle",
              seen is not None and seen.strip() == b"BUSY" and
              lines()["share/3"]["state"] == "idle", seen)
    two[0].close()
    tap.claim("one call less", wait_state("share/1", "idle"))
    again = Caller(SHARE)
    tap.claim("makes room for another", wait_state("share/1", "slip"))
    for caller in [two[1], third, again]:
        caller.close()


def taken(caller, name):
    """Is the call on that line?  False: its caller has heard something."""
    while not select.select([caller.socket], [], [], 0.02)[0]:
        if lines()[name]["state"] == "slip":
            return True
    return False


def often():
    began = time.monotonic()
    for count in range(20):
        caller = Caller(OFTEN)
        if not taken(caller, "often/1"):
            break
        caller.close()
        wait_state("often/1", "idle")
    seen = caller.everything()
    caller.close()
    more = (time.monotonic() - began) // 20  # one more every 20 s
    tap.claim("three new calls a minute are taken",
              3 <= count <= 3 + more, (count, more))
    tap.claim("the next one reads BUSY",
              seen is not None and seen.strip() == b"BUSY", seen)


tap = p.Tap()
folder = tempfile.mkdtemp(prefix="masqd-")
nobody = None
if os.geteuid() == 0:
    nobody = NOBODY
    os.chown(folder, nobody, nobody)
with open(folder + "/accounts", "w", encoding="utf-8") as file:
    file.write("alice:{clear}secret1:10.64.0.77\nbob:{clear}other:\n")
os.chmod(folder + "/accounts", 0o600)
if nobody is not None:
    os.chown(folder + "/accounts", nobody, nobody)
masqd = p.Masqd(CONFIG.format(folder, SLIP, SHARE, OFTEN, TEXT,
                                DENY), folder, nobody)
tap.claim("masqd runs without root", masqd.wait_ready(), masqd.messages())
uplink = p.Link(folder + "/uplink")
busy(calls(uplink)[0])
hangup()
login(uplink)
ptys(uplink)
busy_out()
share()
often()
drain()
masqd.process.terminate()
tap.claim("masqd ends by SIGTERM", masqd.process.wait(5) == 0)
if tap.bad:
    print("# " + masqd.messages().replace("\n", "\n# "))
tap.end()
