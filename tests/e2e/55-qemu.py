#!/usr/bin/env python3
# world: native
"""An emulated computer's serial port over TCP: QEMU, without root.

    guest.c ── COM1 = TCP ── masqd ── uplink (socket) ── echo, 198.51.100.80:7

The guest logs in by text, takes its address from the banner, and sends UDP
datagrams in SLIP frames; each has to come back as it was.
"""
import os
import platform
import select
import shutil
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets as p  # noqa: E402

SERVER, OUTSIDE, NOBODY = "198.51.100.80", "192.0.2.1", 65534
CONFIG = """
uplink {{ socket = "{0}/uplink"  address = "192.0.2.1" }}
callers {{ gateway = "10.64.0.1"  pool = "10.64.0.2-10.64.0.250" }}
line "emulator" {{ port = "tcp:127.0.0.1:{1}"  calls = 2
	protocols = {{ "slip", "login" }} }}
accounts = "{0}/accounts"
control {{ socket = "{0}/control" }}
"""
GUEST_ENDS_WELL = 1  # the exit device makes 2 * code + 1 of a code

if platform.machine() not in ("x86_64", "i686"):
    print("ok 1 # SKIP the guest is a program for 80386s\n1..1")
    sys.exit()

tap = p.Tap()
folder = tempfile.mkdtemp(prefix="masqd-")
guest = os.path.join(folder, "guest")
source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest", "guest.c")
subprocess.run(
    ["gcc", "-m32", "-march=i386", "-std=gnu17", "-O2", "-ffreestanding",
     "-fno-pic", "-fno-stack-protector", "-fcf-protection=none", "-nostdlib",
     "-static", "-Wl,--build-id=none", "-Wl,-Ttext=0x101000",
     "-Wl,--section-start=.multiboot=0x100000", "-o", guest, source],
    check=True)
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
with open(folder + "/accounts", "w", encoding="ascii") as file:
    file.write("alice : {clear}secret1 : 10.64.0.77 :\n")
os.chmod(folder + "/accounts", 0o600)
user = None
if os.geteuid() == 0:
    user = NOBODY
    for path in (folder, folder + "/accounts"):
        os.chown(path, user, user)

masqd = p.Masqd(CONFIG.format(folder, port), folder, user)
try:
    tap.claim("masqd starts without root", masqd.wait_ready(),
              masqd.messages())
    net = p.Link(folder + "/uplink")
    with subprocess.Popen(
            ["qemu-system-i386", "-display", "none", "-nodefaults",
             "-no-reboot", "-m", "16", "-kernel", guest,
             "-append", f"{SERVER} 7 alice secret1",
             "-serial", f"tcp:127.0.0.1:{port}", "-debugcon", "stdio",
             "-device", "isa-debug-exit,iobase=0xf4,iosize=1"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as emulator:
        echoed, told = 0, b""
        while emulator.poll() is None:
            seen = net.receive(0.2)
            if seen and seen.destination == SERVER and seen.dport == 7:
                net.send(p.udp(SERVER, 7, OUTSIDE, seen.sport, seen.content))
                echoed += 1
            while select.select([emulator.stdout], [], [], 0)[0]:
                octets = os.read(emulator.stdout.fileno(), 4096)
                told += octets
                if not octets:
                    break
        told += emulator.stdout.read()
        tap.claim("the guest logs in and all its datagrams come back",
                  emulator.returncode == GUEST_ENDS_WELL and echoed >= 20,
                  (emulator.returncode, echoed, told, masqd.messages()))
        tap.claim("the banner shows the account's own address",
                  b"10.64.0.77" in told, told)
finally:
    masqd.process.kill()
    shutil.rmtree(folder)
tap.end()
