#!/usr/bin/env python3
"""Flood a socket link with attempts at new flows.

flood.py SOCKET RATE: a caller at 10.10.0.5 that scans: TCP and UDP to an ever
other address and port, from an ever other port, until SIGTERM.  Then it prints
how many attempts were made, a second, and how many answers came back.
"""
import os
import select
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets as p  # noqa: E402

link = p.Link(sys.argv[1])
rate = int(sys.argv[2])
going = [True]
signal.signal(signal.SIGTERM, lambda *_: going.clear())
link.socket.setblocking(False)
SCAN = []
for i in range(20000):
    there = f"198.51.{100 + i % 100}.{1 + i // 100 % 250}"
    sport, dport = 1024 + i * 3 % 60000, 1 + i % 1024
    SCAN.append(p.tcp("10.10.0.5", sport, there, dport, p.SYN) if i % 2
                else p.udp("10.10.0.5", sport, there, dport))
begin = time.monotonic()
sent = answers = 0
print("ready", flush=True)
while going:
    while sent < (time.monotonic() - begin) * rate:
        try:
            link.socket.send(SCAN[sent % len(SCAN)])
        except BlockingIOError:
            select.select([], [link.socket], [], 0.01)
            break
        sent += 1
    try:
        while True:
            link.socket.recv(65536)
            answers += 1
    except BlockingIOError:
        pass
    time.sleep(0.002)
print(f"{sent / (time.monotonic() - begin):.0f} attempts a second, "
      f"{answers} answers")
