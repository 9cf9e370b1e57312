"""IPv4 packets for tests that drive masqd over socket links, and TAP."""
import os
import select
import socket
import struct
import subprocess
import sys
import time

ICMP, TCP, UDP = 1, 6, 17
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip(source, destination, protocol, payload, ttl=64, ident=1, flags=0,
       offset=0, options=b""):
    """One datagram; flags are those of the header's upper three bits."""
    length = 20 + len(options)
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | length // 4, 0,
                       length + len(payload), ident,
                       flags << 13 | offset // 8, ttl, protocol, 0,
                       socket.inet_aton(source),
                       socket.inet_aton(destination)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def _pseudo(source, destination, protocol, segment):
    return (socket.inet_aton(source) + socket.inet_aton(destination) +
            struct.pack("!BBH", 0, protocol, len(segment)) + segment)


def udp(source, sport, destination, dport, data=b"data", **more):
    segment = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    total = checksum(_pseudo(source, destination, UDP, segment)) or 0xFFFF
    segment = segment[:6] + struct.pack("!H", total) + segment[8:]
    return ip(source, destination, UDP, segment, **more)


def tcp(source, sport, destination, dport, flags, seq=1, ack=0, data=b"",
        **more):
    segment = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags,
                          8192, 0, 0) + data
    total = checksum(_pseudo(source, destination, TCP, segment))
    segment = segment[:16] + struct.pack("!H", total) + segment[18:]
    return ip(source, destination, TCP, segment, **more)


def icmp(source, destination, kind, code, rest, **more):
    body = struct.pack("!BBH", kind, code, 0) + rest
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    return ip(source, destination, ICMP, body, **more)


def echo(source, destination, ident, seq=1, data=b"ping", kind=8, **more):
    return icmp(source, destination, kind, 0,
                struct.pack("!HH", ident, seq) + data, **more)


class Parsed:
    """What a received datagram says; sums holds which checksums are right."""

    def __init__(self, data):
        self.data = data
        length = (data[0] & 15) * 4
        self.ttl, self.protocol = data[8], data[9]
        self.ident = struct.unpack("!H", data[4:6])[0]
        self.source = socket.inet_ntoa(data[12:16])
        self.destination = socket.inet_ntoa(data[16:20])
        self.sport = self.dport = self.flags = None
        self.payload = body = data[length:]
        self.valid = checksum(data[:length]) == 0
        if self.protocol in (TCP, UDP):
            self.sport, self.dport = struct.unpack("!HH", body[:4])
            self.valid &= checksum(_pseudo(self.source, self.destination,
                                           self.protocol, body)) == 0
        if self.protocol == TCP:
            self.flags = body[13]
            self.content = body[(body[12] >> 4) * 4:]
        elif self.protocol == UDP:
            self.content = body[8:]
        elif self.protocol == ICMP:
            self.kind, self.code = body[0], body[1]
            self.query = struct.unpack("!H", body[4:6])[0]
            self.quote = body[8:]
            self.valid &= checksum(body) == 0


class Link:
    """Our end of a SEQPACKET link or uplink of masqd."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)

    def send(self, packet):
        self.socket.send(packet)

    def receive(self, seconds=2.0):
        """The next packet, or None."""
        ready, _, _ = select.select([self.socket], [], [], seconds)
        if not ready:
            return None
        data = self.socket.recv(65536)
        return Parsed(data) if data else None


class Masqd:
    """masqd in the foreground with a configuration of ours."""

    def __init__(self, text, folder, user=None):
        build = os.environ.get("B", "build")
        self.file = os.path.join(folder, "masqd.conf")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        self.log = os.path.join(folder, "masqd.log")
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [os.environ.get("MASQD", os.path.join(build, "masqd/masqd")),
             "--foreground", "--config", self.file],
            stderr=open(self.log, "wb"), user=user, group=user,
            extra_groups=[] if user is not None else None)
        self.control = os.path.join(folder, "control")

    def wait_ready(self, seconds=5.0):
        return self.wait_said("ready", seconds)

    def wait_said(self, words, seconds=5.0):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if words in self.messages():
                return True
            if self.process.poll() is not None:
                return False
            time.sleep(0.02)
        return False

    def messages(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ctl(self, *words):
        build = os.environ.get("B", "build")
        done = subprocess.run(
            [os.path.join(build, "masqd/masqctl"), "--socket", self.control,
             *words], check=False, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


class Tap:
    """Counts claims; a failed one does not end the script."""

    def __init__(self):
        self.count = self.bad = 0

    def claim(self, sentence, true, seen=""):
        self.count += 1
        self.bad += not true
        print(f"{'ok' if true else 'not ok'} {self.count} - {sentence}",
              flush=True)
        if not true and seen != "":
            print(f"#   seen: {seen}", flush=True)

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.bad else 0)
