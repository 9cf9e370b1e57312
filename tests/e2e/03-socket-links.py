#!/usr/bin/env python3
# world: native
"""As an ordinary user, without root: the whole daemon between two sockets.

    10.9.0.5 ── lab (socket link) ── masqd ── uplink (socket) ── 198.51.100.80
                 10.9.0.1                 192.0.2.1
"""
import json
import os
import signal
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets as p  # noqa: E402

CALLER, SERVER, OUTSIDE = "10.9.0.5", "198.51.100.80", "192.0.2.1"
CONFIG = """
uplink {{ socket = "{0}/uplink"  address = "192.0.2.1" }}
network "lab" {{ socket = "{0}/lab"  subnet = "10.9.0.0/24"
	gateway = "10.9.0.1"  mtu = 1500 }}
callers {{ gateway = "10.64.0.1"  pool = "10.64.0.2-10.64.0.250" }}
nat {{ udp = 300 }}
control {{ socket = "{0}/control" }}
log {{ mappings = yes }}
"""
NOBODY = 65534

tap = p.Tap()
folder = tempfile.mkdtemp(prefix="masqd-")
user = None
if os.geteuid() == 0:
    user = NOBODY
    os.chown(folder, user, user)
masqd = p.Masqd(CONFIG.format(folder), folder, user)
try:
    tap.claim("masqd starts without root", masqd.wait_ready(),
              masqd.messages())
    lab, net = p.Link(folder + "/lab"), p.Link(folder + "/uplink")

    def drops(name):
        _, out, _ = masqd.ctl("drops", "--json")
        return next(d["count"] for d in json.loads(out)["drops"]
                    if d["name"] == name)

    lab.send(p.udp(CALLER, 5000, SERVER, 53, b"question"))
    seen = net.receive()
    tap.claim("UDP leaves from the uplink's address, valid, time to live "
              "lower by one", seen and seen.valid and
              (seen.source, seen.destination, seen.dport, seen.ttl) ==
              (OUTSIDE, SERVER, 53, 63) and seen.content == b"question" and
              61000 <= seen.sport <= 65095, vars(seen) if seen else None)
    net.send(p.udp(SERVER, 53, OUTSIDE, seen.sport, b"answer"))
    back = lab.receive()
    tap.claim("the answer reaches the caller", back and back.valid and
              (back.source, back.destination, back.sport, back.dport,
               back.content) == (SERVER, CALLER, 53, 5000, b"answer"),
              vars(back) if back else None)
    tap.claim("the log says who has which port", masqd.wait_said(
        f"mapping begins: user lab: udp {CALLER}:5000 is {OUTSIDE}:"
        f"{seen.sport} outside"), masqd.messages())
    lab.send(p.udp(CALLER, 5000, "203.0.113.9", 99))
    other = net.receive()
    tap.claim("another destination sees the same outside port",
              other and other.sport == seen.sport)
    net.send(p.udp("203.0.113.77", 53, OUTSIDE, seen.sport))
    tap.claim("a stranger does not reach the caller",
              lab.receive(0.3) is None and drops("filtered") == 1)

    lab.send(p.tcp(CALLER, 1025, SERVER, 80, p.SYN, seq=100))
    syn = net.receive()
    tap.claim("TCP SYN leaves", syn and syn.valid and syn.flags == p.SYN and
              syn.source == OUTSIDE, vars(syn) if syn else None)
    net.send(p.tcp(SERVER, 80, OUTSIDE, syn.sport, p.SYN | p.ACK, seq=900,
                   ack=101))
    back = lab.receive()
    tap.claim("SYN-ACK comes back", back and back.valid and
              back.flags == p.SYN | p.ACK and back.dport == 1025)
    lab.send(p.tcp(CALLER, 1025, SERVER, 80, p.ACK | p.PSH, 101, 901,
                   b"GET / HTTP/1.0\r\n\r\n"))
    seen = net.receive()
    tap.claim("TCP data leaves", seen and seen.valid and
              seen.sport == syn.sport and seen.content.startswith(b"GET"))

    lab.send(p.echo(CALLER, SERVER, 77))
    ping = net.receive()
    tap.claim("an echo request leaves", ping and ping.valid and
              ping.source == OUTSIDE and ping.kind == 8)
    net.send(p.echo(SERVER, OUTSIDE, ping.query, kind=0))
    back = lab.receive()
    tap.claim("the echo reply finds its way back", back and back.valid and
              back.kind == 0 and back.query == 77)

    lab.send(p.udp("10.9.7.7", 5000, SERVER, 53))
    tap.claim("a spoofed source is dropped, by name",
              net.receive(0.3) is None and drops("spoofed") == 1)
    lab.send(p.udp(CALLER, 5000, SERVER, 53, ttl=1))
    back = lab.receive()
    tap.claim("an expired TTL is answered by the gateway", back and
              back.valid and (back.kind, back.code, back.source,
                              back.destination) ==
              (11, 0, "10.9.0.1", CALLER), vars(back) if back else None)
    lab.send(p.echo(CALLER, "10.9.0.1", 5))
    back = lab.receive()
    tap.claim("the gateway's inside address answers ping",
              back and back.kind == 0 and back.valid)
    for there, name in (("10.64.0.9", "each-other"),
                        ("192.168.3.3", "private-network"),
                        ("127.0.0.1", "martian"), (OUTSIDE, "host-address")):
        before = drops(name)
        lab.send(p.udp(CALLER, 5000, there, 53))
        tap.claim(f"nothing goes to {there}: {name}",
                  net.receive(0.2) is None and drops(name) == before + 1)
    while lab.receive(0.1):
        pass

    lab.send(p.udp(CALLER, 5001, SERVER, 33434))
    seen = net.receive()
    net.send(p.icmp("203.0.113.1", OUTSIDE, 11, 0,
                    b"\0\0\0\0" + seen.data[:28]))
    back = lab.receive()
    quote = p.Parsed(back.quote + b"\0" * 8) if back else None
    tap.claim("an ICMP error reaches the caller with his own packet quoted",
              back and back.valid and back.source == "203.0.113.1" and
              quote.source == CALLER and quote.sport == 5001,
              vars(back) if back else None)
    lab.send(p.icmp(CALLER, SERVER, 3, 3, b"\0\0\0\0" + p.udp(
        SERVER, 53, CALLER, 5000)[:28]))
    seen = net.receive()
    quote = p.Parsed(seen.quote + b"\0" * 8) if seen else None
    tap.claim("a caller's ICMP error quotes nothing private", seen and
              seen.valid and seen.source == OUTSIDE and
              quote.destination == OUTSIDE, vars(seen) if seen else None)
    big = p.udp(SERVER, 53, OUTSIDE, other.sport, b"x" * 1600, flags=2)
    net.send(big)
    seen = net.receive()
    quote = p.Parsed(seen.quote) if seen else None
    tap.claim("too big a packet for the link: its sender is told the MTU, "
              "and sees his own packet", seen and (seen.kind, seen.code) ==
              (3, 4) and seen.source == OUTSIDE and
              struct.unpack("!H", seen.payload[6:8])[0] == 1500 and
              quote.destination == OUTSIDE and quote.source == SERVER,
              vars(seen) if seen else None)
    net.send(p.udp(SERVER, 53, OUTSIDE, other.sport, b"x" * 1600))
    first, second = lab.receive(), lab.receive()
    tap.claim("without DF it comes in fragments", first and second and
              len(first.data) <= 1500 and
              len(first.payload) + len(second.payload) == 1608)

    net.send(p.echo(SERVER, OUTSIDE, 9))
    seen = net.receive()
    tap.claim("the outside address answers ping, for there is no host behind "
              "it", seen and seen.valid and (seen.source, seen.kind,
                                             seen.query) == (OUTSIDE, 0, 9),
              vars(seen) if seen else None)

    code, out, err = masqd.ctl("status")
    tap.claim("masqctl status shows the uplink", code == 0 and
              OUTSIDE in out, out + err)
    code, out, err = masqd.ctl("mappings")
    tap.claim("masqctl mappings shows the caller's endpoint", code == 0 and
              "10.9.0.5:5000" in out, out + err)
    tap.claim("gateway: no new privileges, a system-call filter", all(
        word in open(f"/proc/{child}/status", encoding="ascii").read()
        for child in open(f"/proc/{masqd.process.pid}/task/"
                          f"{masqd.process.pid}/children",
                          encoding="ascii").read().split()
        for word in ("NoNewPrivs:\t1", "Seccomp:\t2")))
    net.socket.close()
    lab.send(p.udp(CALLER, 5002, SERVER, 53))
    back = lab.receive()
    quote = p.Parsed(back.quote + b"\0" * 8) if back else None
    tap.claim("nobody at the uplink: the caller is told, by his own packet",
              back and back.valid and (back.kind, back.code,
                                       back.destination) == (3, 0, CALLER) and
              quote.source == CALLER and quote.sport == 5002,
              vars(back) if back else None)
    masqd.process.send_signal(signal.SIGTERM)
    tap.claim("SIGTERM ends it well within three seconds",
              masqd.process.wait(3) == 0, masqd.messages())
    tap.claim("no socket path is left", not any(
        os.path.exists(folder + name) for name in
        ("/lab", "/uplink", "/control")))
finally:
    if masqd.process.poll() is None:
        masqd.process.kill()
    if tap.bad:
        print("# " + masqd.messages().replace("\n", "\n# "))
tap.end()
