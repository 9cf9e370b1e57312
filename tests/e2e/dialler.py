#!/usr/bin/env python3
"""dialler.py - what stands between a caller's pppd and a TCP line

    pppd pty 'dialler.py STYLE PORT [WHOSE]' ...

Connects to the line, does what a caller of that style does before PPP, and
then carries octets between pppd (standard input and output) and the line, with
that style's idea of telnet.
"""
import os
import select
import socket
import sys

from tcpline import on_order

IAC, SB, WILL, DONT, BINARY = 0xFF, 0xFA, 0xFB, 0xFE, 0


class Plain:
    """Octets are octets."""

    greeting = b""

    def inwards(self, octets):
        return octets, b""

    def outwards(self, octets):
        return octets


class Tcpser(Plain):
    """Greets with telnet and takes it up only by the first octet it reads."""

    greeting = bytes([IAC, WILL, 1, IAC, WILL, BINARY, IAC, 0xFD, BINARY])
    first = True

    def inwards(self, octets):
        if self.first and octets[:1] in (b"\xff", b"\x1a"):
            sys.exit("tcpser: this would be taken for telnet")
        self.first = False
        return octets, b""


class Dosbox(Plain):
    """Takes commands out of what it reads; never doubles what it sends."""

    def __init__(self):
        self.held = []
        self.binary = False

    def inwards(self, octets):
        data, reply = bytearray(), bytearray()
        for c in octets:
            if not self.held and c != IAC:
                data.append(c)
            elif len(self.held) < 2:
                self.held.append(c)
                if self.held == [IAC, IAC] and self.binary:
                    data.append(IAC)
                    self.held = []
            else:
                verb, self.held = self.held[1], []
                if c == BINARY and verb in (WILL, WILL + 1):
                    self.binary = verb == WILL
                elif c == BINARY and verb == 0xFD:
                    reply += bytes([IAC, WILL, BINARY])
        return bytes(data), bytes(reply)


class Qemu(Dosbox):
    """Greets with telnet, skips three octets from an FF on; FF FF is one."""

    greeting = bytes([IAC, WILL, 1, IAC, WILL, 3, IAC, WILL, BINARY, IAC, 0xFD,
                      BINARY])

    def __init__(self):
        super().__init__()
        self.binary = True

    def inwards(self, octets):
        data, _ = super().inwards(octets)
        return data, b""


class Telnet(Dosbox):
    """A program that has read RFC 854 and 856."""

    greeting = bytes([IAC, 0xFD, 3, IAC, WILL, BINARY, IAC, 0xFD, BINARY])

    def __init__(self):
        super().__init__()
        self.binary = True

    def inwards(self, octets):
        data, _ = super().inwards(octets)
        return data, b""

    def outwards(self, octets):
        return octets.replace(b"\xff", b"\xff\xff")


LOGIN = [(None, b"\r"), (b"ogin:", b"alice\r"), (b"assword:", b"secret1\r"),
         (b"rotocol:", b"ppp\r")]
STYLES = { # how it treats octets, and its script
    "plain": (Plain, []),
    "prompt": (Plain, [(b"ogin:", b"")]),
    "trumpet": (Plain, LOGIN),
    "cable": (Plain, [(None, b"CLIENT"), (b"CLIENTSERVER", b"")]),
    "tcpser": (Tcpser, []),
    "tcpser-login": (Tcpser, LOGIN),
    "dosbox": (Dosbox, []),
    "dosbox-login": (Dosbox, LOGIN),
    "qemu": (Qemu, [(b"ogin:", b"")]),
    "telnet": (Telnet, LOGIN),
}


def main():
    make, script = STYLES[sys.argv[1]]
    style = make()
    line = socket.create_connection(("127.0.0.1", int(sys.argv[2])), 10)
    on_order(line)
    heard = b""

    def read():
        octets = line.recv(4096)
        if not octets:
            sys.exit(f"the line was hung up after {heard!r}")
        data, reply = style.inwards(octets)
        line.sendall(reply)
        return data

    line.sendall(style.greeting)
    for wanted, answer in script:
        while wanted is not None and wanted not in heard:
            heard += read()
        if wanted is not None:
            heard = heard.split(wanted, 1)[1]
        line.sendall(style.outwards(answer))
    print(f"{sys.argv[1]}: PPP now", file=sys.stderr)
    line.settimeout(None)
    while True:
        for one in select.select([0, line], [], [])[0]:
            if one == 0:
                try:
                    octets = os.read(0, 4096)
                except OSError: # the pty went with its pppd
                    octets = b""
                if not octets:
                    return
                line.sendall(style.outwards(octets))
            else:
                os.write(1, read())


main()
