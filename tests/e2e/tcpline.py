"""tcpline.py NAME HOST:PORT - a TCP stream as a serial port

Makes a pty, links its slave to NAME, and carries the octets to and from the
other end.
"""
import os
import pty
import select
import signal
import socket
import struct
import sys
import tty


def on_order(line):
    """Of a socket, what a process that only dies does not do.

    SIGUSR1: end it with RST.  SIGUSR2: send no more, but listen.
    """
    def reset(_signum, _frame):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
        line.close()
        sys.exit(1)

    signal.signal(signal.SIGUSR1, reset)
    signal.signal(signal.SIGUSR2,
                  lambda _signum, _frame: line.shutdown(socket.SHUT_WR))


def bridge(line, master):
    """Between a socket's and a pty's descriptor, until the line ends.

    A pty whose slave has a line discipline of the kernel's does not tell when
    there is room again: so it is tried every 5 ms.
    """
    os.set_blocking(master, False)
    os.set_blocking(line, False)
    waits = {line: b"", master: b""}
    while True:
        readable, _, _ = select.select(
            [fd for fd, to in ((line, master), (master, line))
             if not waits[to]], [], [], 0.005 if any(waits.values()) else None)
        for fd in readable:
            octets = os.read(fd, 4096)
            if not octets:
                return
            waits[master if fd == line else line] = octets
        for fd, octets in waits.items():
            try:
                waits[fd] = octets[os.write(fd, octets):] if octets else b""
            except BlockingIOError:
                pass


def main():
    host, port = sys.argv[2].rsplit(":", 1)
    master, slave = pty.openpty()
    tty.setraw(slave)  # it stays open here: no end of file on the master
    os.symlink(os.ttyname(slave), sys.argv[1])
    with socket.create_connection((host, int(port)), 30) as line:
        line.settimeout(None)
        print("ready", flush=True)
        bridge(line.fileno(), master)
    print("the other end hung up", flush=True)


if __name__ == "__main__":
    main()
