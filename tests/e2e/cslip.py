"""A SLIP caller over TCP: RFC 1055, RFC 1144 and BOOTP, on their own.

Nothing here is masqd's, so that what the two understand is the RFCs'.
"""
import socket
import struct
import time

END, ESC = b"\xc0", b"\xdb"
C, I, PUSH, S, A, W, U = 0x40, 0x20, 0x10, 8, 4, 2, 1
SPECIAL_I, SPECIAL_D = S | W | U, S | A | W | U


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def escape(packet):
    return END + packet.replace(ESC, ESC + b"\xdd").replace(
        END, ESC + b"\xdc") + END


def unescape(frame):
    return frame.replace(ESC + b"\xdc", END).replace(ESC + b"\xdd", ESC)


class Header:
    """The fields of an IP and a TCP header that RFC 1144 changes."""

    def __init__(self, packet):
        self.ip = (packet[0] & 15) * 4
        self.length = self.ip + (packet[self.ip + 12] >> 4) * 4
        self.octets = packet[:self.length]
        self.ident, = struct.unpack("!H", packet[4:6])
        self.data = struct.unpack("!H", packet[2:4])[0] - self.length
        (self.seq, self.ack, _, self.flags, self.window, self.sum,
         self.urgent) = struct.unpack("!IIBBHHH",
                                      packet[self.ip + 4:self.ip + 20])

    def packet(self, data):
        """The packet again, with the fields as they are now."""
        self.data = len(data)
        o = bytearray(self.octets)
        o[2:6] = struct.pack("!HH", self.length + len(data), self.ident)
        o[self.ip + 4:self.ip + 20] = struct.pack(
            "!IIBBHHH", self.seq, self.ack, o[self.ip + 12], self.flags,
            self.window, self.sum, self.urgent)
        o[10:12] = b"\0\0"
        o[10:12] = struct.pack("!H", checksum(bytes(o[:self.ip])))
        self.octets = bytes(o)
        return self.octets + data


class Decompressor:
    def __init__(self):
        self.slots, self.last = {}, None

    def take(self, frame):
        """The datagram of a frame; None where it cannot be restored."""
        if frame[0] & 0x80:
            return self.changes(frame)
        if frame[0] >= 0x70:
            self.last = frame[9]
            frame = bytes([frame[0] & 0x4F]) + frame[1:9] + b"\x06" + \
                frame[10:]
            self.slots[self.last] = Header(frame)
        return frame

    def changes(self, frame):
        mask, at = frame[0], 1
        if mask & C:
            self.last, at = frame[1], 2
        header = self.slots.get(self.last)
        if header is None:
            return None
        header.sum, = struct.unpack("!H", frame[at:at + 2])
        at += 2

        def number():
            nonlocal at
            at += 1
            if frame[at - 1]:
                return frame[at - 1]
            at += 2
            return struct.unpack("!H", frame[at - 2:at])[0]

        seq = ack = window = 0
        flags = header.flags & ~0x28 | (8 if mask & PUSH else 0)
        if mask & 15 == SPECIAL_I:
            seq = ack = header.data
        elif mask & 15 == SPECIAL_D:
            seq = header.data
        else:
            if mask & U:
                header.urgent = number()
                flags |= 0x20
            window = number() if mask & W else 0
            ack = number() if mask & A else 0
            seq = number() if mask & S else 0
        ident = number() if mask & I else 1
        header.flags = flags
        header.window = header.window + window & 0xFFFF
        header.ack = header.ack + ack & 0xFFFFFFFF
        header.seq = header.seq + seq & 0xFFFFFFFF
        header.ident = header.ident + ident & 0xFFFF
        return header.packet(frame[at:])


class Compressor:
    """As simple as can be: always names the slot, knows the two special
    cases, and sends whole what is not a step forward."""

    def __init__(self):
        self.slots = {}

    def make(self, packet):
        if packet[9] != 6 or packet[6] & 0x3F or packet[7]:
            return packet
        new = Header(packet)
        if new.flags & 0xD7 != 0x10:
            return packet
        who = packet[12:20] + packet[new.ip:new.ip + 4]
        if who not in self.slots:
            self.slots[who] = [len(self.slots) % 16, None]
        slot, old = self.slots[who]
        self.slots[who][1] = new
        told = self.told(old, new) if old else None
        if told is None:
            return bytes([packet[0] | 0x70]) + packet[1:9] + \
                bytes([slot]) + packet[10:]
        mask, numbers = told
        mask |= 0x80 | C | (PUSH if new.flags & 8 else 0)
        return bytes([mask, slot]) + struct.pack("!H", new.sum) + numbers + \
            packet[new.length:]

    @staticmethod
    def told(old, new):
        ack, seq = new.ack - old.ack, new.seq - old.seq
        window = new.window - old.window & 0xFFFF
        if not (0 <= ack < 65536 and 0 <= seq < 65536) or \
                new.flags & 0x20 or new.urgent != old.urgent or \
                new.length != old.length or (seq == 0 and old.data):
            return None

        def number(value):
            return bytes([value]) if 0 < value < 256 else \
                b"\0" + struct.pack("!H", value)

        mask, numbers = 0, b""
        for bit, value in ((W, window), (A, ack), (S, seq)):
            if value:
                mask |= bit
                numbers += number(value)
        if mask == S | A and seq == ack == old.data:
            mask, numbers = SPECIAL_I, b""
        elif mask == S and seq == old.data:
            mask, numbers = SPECIAL_D, b""
        elif mask == 0 and new.data == 0:
            return None
        ident = new.ident - old.ident & 0xFFFF
        if ident != 1:
            mask |= I
            numbers += number(ident)
        return mask, numbers


class Caller:
    """At the other end of a TCP line.  wire: octets of the last frame."""

    def __init__(self, port, compress=False):
        self.socket = socket.create_connection(("127.0.0.1", port), 5)
        self.kept = b""
        self.compressor = Compressor() if compress else None
        self.decompressor = Decompressor()
        self.wire_out = self.wire_in = 0
        self.kind = ""

    def send(self, packet):
        frame = self.compressor.make(packet) if self.compressor else packet
        self.send_frame(frame)

    def send_frame(self, frame):
        octets = escape(frame)
        self.wire_out = len(octets)
        self.socket.sendall(octets)

    def say(self, text):
        self.socket.sendall(text)

    def more(self, until):
        self.socket.settimeout(max(until - time.monotonic(), 0.001))
        try:
            octets = self.socket.recv(65536)
        except (TimeoutError, ConnectionError):
            return False
        self.kept += octets
        return octets != b""

    def read_until(self, text, seconds=5.0):
        until = time.monotonic() + seconds
        while text not in self.kept:
            if not self.more(until):
                return None
        at = self.kept.index(text) + len(text)
        seen, self.kept = self.kept[:at], self.kept[at:]
        return seen

    def frame(self, seconds=2.0):
        """The next frame as it came, or None."""
        until = time.monotonic() + seconds
        while True:
            while END in self.kept:
                frame, self.kept = self.kept.split(END, 1)
                if frame:
                    self.wire_in = len(frame) + 2
                    return unescape(frame)
            if not self.more(until):
                return None

    def receive(self, seconds=2.0):
        """The next datagram, or None; kind: how it came."""
        frame = self.frame(seconds)
        if frame is None:
            return None
        self.kind = "compressed" if frame[0] & 0x80 else \
            "uncompressed" if frame[0] >= 0x70 else "plain"
        return self.decompressor.take(frame)

    def ended(self, seconds=5.0):
        """Does masqd end the call?"""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.socket.settimeout(until - time.monotonic())
            try:
                if not self.socket.recv(65536):
                    return True
            except ConnectionError:
                return True
            except TimeoutError:
                return False
        return False

    def close(self):
        self.socket.close()


def bootp_request(cookie=False, ciaddr="0.0.0.0"):
    """What KA9Q NOS sends: 300 octets, hardware type and length its own."""
    head = struct.pack("!BBBBIHH4s", 1, 203, 0, 0, 0x12345678, 1, 0,
                       socket.inet_aton(ciaddr))
    vendor = bytes([99, 130, 83, 99, 255]) if cookie else b""
    return head + bytes(220) + vendor.ljust(64, b"\0")


def bootp_reply(content):
    """Type, transaction, yiaddr and the options of the vendor area."""
    options, at = {}, 240
    while content[236:240] == bytes([99, 130, 83, 99]) and \
            at < len(content) and content[at] != 255:
        length = content[at + 1]
        options[content[at]] = content[at + 2:at + 2 + length]
        at += 2 + length
    return (content[0], struct.unpack("!I", content[4:8])[0],
            socket.inet_ntoa(content[16:20]), options)
