"""ptys.py PATH PATH - two ptys joined back to back, as a null-modem cable"""
import os
import select
import sys
import tty

masters = []
slaves = []  # kept open: a pty without a slave is an error to its master
for path in sys.argv[1:3]:
    master, slave = os.openpty()
    tty.setraw(slave)
    masters.append(master)
    slaves.append(slave)
    os.symlink(os.ttyname(slave), path)
while True:
    for ready in select.select(masters, [], [])[0]:
        data = os.read(ready, 4096)
        other = masters[1 - masters.index(ready)]
        while data:
            data = data[os.write(other, data):]
