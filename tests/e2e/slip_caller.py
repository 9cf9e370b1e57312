#!/usr/bin/env python3
"""slip_caller.py - a caller's computer that speaks SLIP, in its own namespace

    slip_caller.py NAME PORT USER PASSWORD slip|cslip [NUMBER]

PORT is a tty, on which NUMBER is dialled, or HOST:PORT.  Logs in by text as
a script of the time would, takes the first dotted quad it is shown as its
address, and gives the line to the kernel's SLIP.  /run/caller-NAME.up says
that the caller is online; SIGTERM hangs up.
"""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
import tty

from tcpline import bridge, on_order

N_TTY, N_SLIP = 0, 1
SIOCGIFNAME, SIOCSIFENCAP = 0x8910, 0x8926
PLAIN, COMPRESSED = 0, 1

name, where, user, password, protocol = sys.argv[1:6]
number = sys.argv[6] if len(sys.argv) > 6 else None
up = f"/run/caller-{name}.up"


def say(*words):
    print(*words, flush=True)


class Line:
    """Octets from and to a tty or a socket."""

    def __init__(self):
        self.have = b""
        self.over_tcp = ":" in where
        if self.over_tcp:
            host, port = where.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), 30)
            self.fd = self.socket.fileno()
            on_order(self.socket)
        else:
            self.fd = os.open(where, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            tty.setraw(self.fd)
            mode = termios.tcgetattr(self.fd)
            mode[2] |= termios.CLOCAL | termios.CRTSCTS | termios.HUPCL
            mode[4] = mode[5] = termios.B115200
            termios.tcsetattr(self.fd, termios.TCSANOW, mode)

    def send(self, text):
        os.write(self.fd, text.encode())

    def expect(self, *patterns, seconds=60):
        """Wait for one of the patterns; what matched is returned."""
        end = time.monotonic() + seconds
        while True:
            for pattern in patterns:
                match = re.search(pattern.encode(), self.have, re.DOTALL)
                if match:
                    self.have = self.have[match.end():]
                    say("<", match.group(0))
                    return match
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                say("caller: no", patterns, "in", self.have)
                sys.exit(3)
            octets = os.read(self.fd, 1024)
            if not octets:
                say("caller: hung up after", self.have)
                sys.exit(4)
            self.have += octets


def dial(line):
    line.send("ATZ\r")
    line.expect("OK\r\n", seconds=10)
    line.send("ATE1V1Q0X4\r")
    line.expect("OK\r\n", seconds=10)
    line.send(f"ATDT{number}\r")
    got = line.expect("CONNECT[^\r]*\r\n", "BUSY", "NO CARRIER", "NO ANSWER")
    if not got.group(0).startswith(b"CONNECT"):
        sys.exit(5)


def log_in(line):
    """Returns our address and the gateway's."""
    line.send("\r")
    line.expect("ogin: ")
    line.send(user + "\r")
    line.expect("assword: ")
    line.send(password + "\r")
    line.expect("rotocol[^\n]*[:>] *$")
    line.send(protocol + "\r")
    quad = r"(\d+\.\d+\.\d+\.\d+)"
    got = line.expect(f"{quad}[^\n]*?{quad}[^\n]*MTU is (\\d+)[^\n]*\n")
    return [word.decode() for word in got.groups()]


def run(*words):
    subprocess.run(words, check=True)


def to_kernel(fd, addresses):
    own, gateway, mtu = addresses
    fcntl.ioctl(fd, termios.TIOCSETD, struct.pack("i", N_SLIP))
    fcntl.ioctl(fd, SIOCSIFENCAP, struct.pack(
        "i", COMPRESSED if protocol == "cslip" else PLAIN))
    interface = fcntl.ioctl(fd, SIOCGIFNAME, b"\0" * 32).split(b"\0")[0]
    interface = interface.decode()
    space = f"caller-{name}"
    run("ip", "link", "set", interface, "netns", space)
    at = ("ip", "-n", space)
    run(*at, "link", "set", interface, "name", "ppp0")
    run(*at, "addr", "add", own, "peer", gateway, "dev", "ppp0")
    run(*at, "link", "set", "ppp0", "mtu", mtu, "up")
    run(*at, "route", "add", "default", "dev", "ppp0")
    with open(up, "w", encoding="ascii") as file:
        file.write(f"IPLOCAL={own}\n")
    say("caller: online as", own)


def carrier(fd):
    try:
        value = fcntl.ioctl(fd, termios.TIOCMGET, struct.pack("I", 0))
    except OSError: # a pty has none
        return True
    return struct.unpack("I", value)[0] & termios.TIOCM_CD


def stop(signum, frame):
    sys.exit(0)


def main():
    signal.signal(signal.SIGTERM, stop)
    line = Line()
    fd = line.fd
    if number:
        dial(line)
    addresses = log_in(line)
    if line.over_tcp:
        master, fd = pty.openpty()
        tty.setraw(fd)
        tty.setraw(master)
    to_kernel(fd, addresses)
    try:
        if line.over_tcp:
            bridge(line.fd, master)
        while carrier(fd):
            time.sleep(0.2)
        say("caller: carrier lost")
    finally:
        os.unlink(up)
        fcntl.ioctl(fd, termios.TIOCSETD, struct.pack("i", N_TTY))


main()
