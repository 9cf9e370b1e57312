"""nullmodem.py NAME1 NAME2 - two serial ports on one cable

Makes two ptys, links their slaves to these names, and carries the octets.
"""
import os
import pty
import select
import sys
import tty

masters = []
for name in sys.argv[1:3]:
    master, slave = pty.openpty()
    tty.setraw(slave)  # it stays open here: no end of file on the master
    os.symlink(os.ttyname(slave), name)
    masters.append(master)
print("ready", flush=True)
while True:
    for fd in select.select(masters, [], [])[0]:
        os.write(masters[fd == masters[0]], os.read(fd, 4096))
