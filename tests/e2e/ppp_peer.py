#!/usr/bin/env python3
"""A PPP caller that is not pppd: it follows a style, and says what it meets.

    ppp_peer.py TTY STYLE USER PASSWORD

Lines on standard output: what the other side rejects, naks and answers, and
"online ADDRESS" once IPCP is open in both directions and a ping to the
gateway has come back.  It ends when the other side does, or on SIGTERM with a
Terminate-Request.  RFC 1661, 1662, 1332, 1334, 1172.

The styles:

ka9q    KA9Q NOS: an empty LCP Configure-Request, no magic number, all control
        characters escaped, IPCP option 1 only, rejects option 3, an
        Echo-Reply with nothing in it
pap     PAP and nothing else: rejects all options but authentication and
        address, and every protocol that it does not speak
windows CBCP offered, NetBEUI, IPX and CCP tried, DNS and NBNS asked for, VJ
        as RFC 1332 has it, an echo of odd length
old     VJ option of four octets (RFC 1172), wants an address of its own
"""
import os
import select
import signal
import struct
import sys
import termios
import time
import tty

from ppp_frame import ESCAPE, FLAG, fcs, frame

LCP, PAP, IPCP, IP = 0xc021, 0xc023, 0x8021, 0x0021
REQUEST, ACK, NAK, REJECT, TERMINATE, TERMINATED = 1, 2, 3, 4, 5, 6
PROTOCOL_REJECT, ECHO, ECHOED = 8, 9, 10
MRU, ACCM, AUTH, MAGIC, PCOMP, ACCOMP, CALLBACK = 1, 2, 3, 5, 7, 8, 13
ADDRESSES, COMPRESSION, ADDRESS, DNS1, NBNS1, DNS2, NBNS2 = \
    1, 2, 3, 129, 130, 131, 132
NETBEUI, IPX, CCP, LQR = 0x803f, 0x802b, 0x80fd, 0xc025


def options(data):
    """The (kind, value) pairs of a Configure packet."""
    found = []
    while len(data) >= 2 and 2 <= data[1] <= len(data):
        found.append((data[0], bytes(data[2:data[1]])))
        data = data[data[1]:]
    return found


def packed(pairs):
    return b"".join(bytes([kind, len(value) + 2]) + value
                    for kind, value in pairs)


def dotted(address):
    return ".".join(str(octet) for octet in address)


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return (total + (total >> 16)) ^ 0xffff


def ping(source, destination):
    echo = struct.pack(">BBHHH", 8, 0, 0, 0x4711, 1) + b"ppp peer"
    echo = echo[:2] + struct.pack(">H", checksum(echo)) + echo[4:]
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(echo), 1, 0, 64, 1, 0)
    head += source + destination
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + echo


STYLES = {
    "ka9q": {"lcp": [], "lcp_takes": {MRU, ACCM, AUTH},
             "ipcp": [(ADDRESSES, bytes(8))],
             "ipcp_takes": {ADDRESSES, COMPRESSION}, "echo": b""},
    "pap": {"lcp": [], "lcp_takes": {AUTH},
            "ipcp": [(ADDRESS, bytes(4))], "ipcp_takes": {ADDRESS},
            "echo": bytes(4)},
    "windows": {"lcp": [(ACCM, b"\0\x0a\0\0"), (MAGIC, b"\1\2\3\4"),
                        (PCOMP, b""), (ACCOMP, b""), (CALLBACK, b"\6")],
                "lcp_takes": {MRU, ACCM, AUTH, MAGIC, PCOMP, ACCOMP},
                "ipcp": [(COMPRESSION, b"\0\x2d\x0f\1"),
                         (ADDRESS, bytes(4)), (DNS1, bytes(4)),
                         (NBNS1, bytes(4)), (DNS2, bytes(4)),
                         (NBNS2, bytes(4))],
                "ipcp_takes": {ADDRESS, COMPRESSION}, "echo": b"\1\2\3\4"},
    "old": {"lcp": [(MAGIC, b"\1\2\3\4")],
            "lcp_takes": {MRU, ACCM, AUTH, MAGIC},
            "ipcp": [(COMPRESSION, b"\0\x2d"), (ADDRESS, b"\xc0\xa8\x07\x07")],
            "ipcp_takes": {ADDRESS, COMPRESSION}, "echo": b"\1\2\3\4"},
}


class Peer:
    def __init__(self, path, style, user, password):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd, termios.TCSANOW)
        termios.tcflush(self.fd, termios.TCIOFLUSH)
        self.style = STYLES[style]
        self.name = style
        self.user, self.password = user.encode(), password.encode()
        self.wish = {LCP: list(self.style["lcp"]),
                     IPCP: list(self.style["ipcp"])}
        self.opened = {LCP: set(), IPCP: set()}  # {"we", "they"}
        self.proved = self.done = self.ending = self.over = False
        self.address = self.gateway = None
        self.pending, self.next_id = bytearray(), 1
        self.due = 0.0

    def say(self, *words):
        print(*words, flush=True)

    def send(self, protocol, data):
        os.write(self.fd, frame(b"\xff\x03" + struct.pack(">H", protocol) +
                                data))

    def packet(self, protocol, code, ident, data):
        self.send(protocol, struct.pack(">BBH", code, ident, len(data) + 4) +
                  data)

    def request(self, protocol):
        self.next_id = self.next_id % 255 + 1
        self.packet(protocol, REQUEST, self.next_id,
                    packed(self.wish[protocol]))

    # ---- what the other side asks for

    def asked(self, protocol, ident, data):
        takes = self.style["lcp_takes" if protocol == LCP else "ipcp_takes"]
        wrong = [(kind, value) for kind, value in options(data)
                 if kind not in takes or
                 (protocol == LCP and kind == AUTH and
                  value != b"\xc0\x23") or
                 (protocol == IPCP and kind == COMPRESSION and
                  self.name == "pap")]
        if wrong:
            self.say("reject", f"{protocol:04x}",
                     *(kind for kind, _ in wrong))
            self.packet(protocol, REJECT, ident, packed(wrong))
            return
        for kind, value in options(data):
            if protocol == IPCP and kind == ADDRESS:
                self.gateway = value
            if protocol == IPCP and kind == ADDRESSES:
                self.gateway = value[:4]
        self.packet(protocol, ACK, ident, data)
        self.opened[protocol].add("they")
        self.advance(protocol)

    # ---- what it says to what we ask for

    def naked(self, protocol, data):
        values = dict(options(data))
        self.say("nak", f"{protocol:04x}", *(
            f"{kind}={dotted(value)}" for kind, value in values.items()))
        self.wish[protocol] = [(kind, values.get(kind, value))
                               for kind, value in self.wish[protocol]]
        self.request(protocol)

    def rejected(self, protocol, data):
        kinds = [kind for kind, _ in options(data)]
        self.say("rejected", f"{protocol:04x}", *kinds)
        self.wish[protocol] = [pair for pair in self.wish[protocol]
                               if pair[0] not in kinds]
        self.request(protocol)

    def acked(self, protocol, data):
        for kind, value in options(data):
            if protocol == IPCP and kind == ADDRESS:
                self.address = value
            if protocol == IPCP and kind == ADDRESSES:
                self.address, self.gateway = value[:4], value[4:]
            if protocol == IPCP and kind == COMPRESSION:
                self.say("compression", len(value) + 2)
        self.opened[protocol].add("we")
        self.advance(protocol)

    def advance(self, protocol):
        if len(self.opened[protocol]) < 2:
            return
        if protocol == LCP:
            name = bytes([len(self.user)]) + self.user
            self.packet(PAP, REQUEST, 1, name +
                        bytes([len(self.password)]) + self.password)
        else:
            self.due = 0.0  # a ping, now and until it is answered

    def network(self):
        self.proved = True
        self.say("logged in")
        self.request(IPCP)
        if self.name == "windows":
            for protocol in (NETBEUI, IPX, CCP, LQR):
                self.packet(protocol, REQUEST, 9, b"")
            self.packet(LCP, ECHO, 77, b"\1\2\3\4odd")

    def received(self, protocol, data):
        if protocol == IP:
            if data[9] == 1 and data[20] == 0 and not self.done:
                self.done = True
                self.say("online", dotted(self.address))
            return
        if protocol not in (LCP, PAP, IPCP):
            self.say("unknown", f"{protocol:04x}")
            self.packet(LCP, PROTOCOL_REJECT, 1,
                        struct.pack(">H", protocol) + data)
            return
        code, ident, length = struct.unpack(">BBH", data[:4])
        data = data[4:length]
        if protocol == PAP:
            if code == ACK and not self.proved:
                self.network()
            elif code == NAK:
                self.say("refused")
        elif code == REQUEST:
            self.asked(protocol, ident, data)
        elif code in (ACK, NAK, REJECT) and ident == self.next_id:
            {ACK: self.acked, NAK: self.naked,
             REJECT: self.rejected}[code](protocol, data)
        elif protocol == LCP:
            self.lcp(code, ident, data)

    def lcp(self, code, ident, data):
        if code == ECHO:
            self.packet(LCP, ECHOED, ident, self.style["echo"] + data[4:])
        elif code == ECHOED:
            self.say("echo", data[4:].decode("ascii", "replace"))
        elif code == PROTOCOL_REJECT:
            self.say("protocol-rejected", data[:2].hex())
        elif code == TERMINATE:
            self.packet(LCP, TERMINATED, ident, b"")
            self.say("terminated", data.decode("ascii", "replace"))
            self.over = True
        elif code == TERMINATED and self.ending:
            self.over = True

    # ---- octets

    def frames(self, octets):
        for octet in octets:
            if octet != FLAG:
                self.pending.append(octet)
                continue
            raw, self.pending = bytes(self.pending), bytearray()
            data, at = bytearray(), 0
            while at < len(raw):
                if raw[at] == ESCAPE and at + 1 < len(raw):
                    at += 1
                    data.append(raw[at] ^ 0x20)
                else:
                    data.append(raw[at])
                at += 1
            if len(data) > 4 and fcs(data) == 0xf0b8:
                yield bytes(data[:-2])

    def feed(self, octets):
        for data in self.frames(octets):
            if data[:2] == b"\xff\x03":
                data = data[2:]
            if data[0] & 1:
                protocol, data = data[0], data[1:]
            else:
                protocol, data = struct.unpack(">H", data[:2])[0], data[2:]
            self.received(protocol, data)

    def again(self):
        """What is not answered is sent again."""
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + (1 if self.proved else 3)
        if self.ending:
            self.over = True
        elif len(self.opened[IPCP]) == 2 and not self.done:
            self.send(IP, ping(self.address, self.gateway))
        elif "we" not in self.opened[LCP]:
            self.request(LCP)
        elif self.proved and "we" not in self.opened[IPCP]:
            self.request(IPCP)

    def run(self):
        while not self.over:
            self.again()
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    octets = os.read(self.fd, 4096)
                except OSError:
                    return
                if not octets:
                    return
                self.feed(octets)

    def end(self, *_):
        self.ending = True
        self.packet(LCP, TERMINATE, 99, b"")


def main():
    peer = Peer(*sys.argv[1:5])
    signal.signal(signal.SIGTERM, peer.end)
    peer.run()


main()
