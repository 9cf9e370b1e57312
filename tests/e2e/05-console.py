#!/usr/bin/env python3
# world: native
"""masqctl before a real masqd: forwards, explanations, and what it refuses.

    10.9.0.5, 10.9.0.7 ── lab ┐
                 10.9.0.1     ├─ masqd ── uplink (socket) ── 198.51.100.80
    10.10.0.6 ──────── den ───┘  192.0.2.1
                 10.10.0.1
"""
import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import packets as p  # noqa: E402

CALLER, OTHER, DEN = "10.9.0.5", "10.9.0.7", "10.10.0.6"
SERVER, OUTSIDE = "198.51.100.80", "192.0.2.1"
CONFIG = """
uplink {{ socket = "{0}/uplink"  address = "192.0.2.1" }}
network "lab" {{ socket = "{0}/lab"  subnet = "10.9.0.0/24"
	gateway = "10.9.0.1"  mtu = 1500 }}
network "den" {{ socket = "{0}/den"  subnet = "10.10.0.0/24"
	gateway = "10.10.0.1"  mtu = 1500 }}
callers {{ gateway = "10.64.0.1"  pool = "10.64.0.2-10.64.0.250" }}
forward "web" {{ protocol = "tcp"  port = 8080  to = "10.9.0.5:80" }}
forward "ghost" {{ protocol = "tcp"  port = 9090  to = "alice:80" }}
control {{ socket = "{0}/control" }}
"""
NOBODY = 65534

tap = p.Tap()
folder = tempfile.mkdtemp(prefix="masqd-")
user = None
if os.geteuid() == 0:
    user = NOBODY
    os.chown(folder, user, user)
masqd = p.Masqd(CONFIG.format(folder), folder, user)


def ask(*words):
    """masqctl's answer as JSON; None where it refused."""
    code, out, _ = masqd.ctl("--json", *words)
    return json.loads(out) if code == 0 else None


def drain(*links):
    for link in links:
        while link.receive(0.05):
            pass


def counters():
    seen = ask("drops")
    names = {d["name"]: d["count"] for d in seen["drops"] if d["count"]}
    return names, seen["answered"], sum(seen["forwarded"].values())


def what_happened(before, after):
    """The verdict of the one packet between two looks at the counters."""
    for name, count in after[0].items():
        if count > before[0].get(name, 0):
            return name
    if after[1] > before[1]:
        return "reply"
    return "pass" if after[2] > before[2] else None


def craft(protocol, source, sport, destination, dport):
    if protocol == "tcp":
        return p.tcp(source, sport, destination, dport, p.SYN, seq=77)
    if protocol == "udp":
        return p.udp(source, sport, destination, dport)
    if protocol == "icmp":
        return p.echo(source, destination, sport)
    return p.ip(source, destination, int(protocol), b"12345678")


def forwards(lab, den, net):
    net.send(p.tcp(SERVER, 5555, OUTSIDE, 8080, p.SYN, seq=1))
    seen = lab.receive()
    tap.claim("a configured forward is reached from outside",
              seen and seen.valid and
              (seen.source, seen.sport, seen.destination, seen.dport) ==
              (SERVER, 5555, CALLER, 80), vars(seen) if seen else None)
    lab.send(p.tcp(CALLER, 80, SERVER, 5555, p.SYN | p.ACK, seq=9, ack=2))
    seen = net.receive()
    tap.claim("its answer leaves from the forwarded port",
              seen and seen.valid and (seen.source, seen.sport, seen.dport) ==
              (OUTSIDE, 8080, 5555), vars(seen) if seen else None)

    den.send(p.tcp(DEN, 1030, OUTSIDE, 8080, p.SYN, seq=1))
    seen = lab.receive()
    tap.claim("it is reached by hairpin, from the uplink's address",
              seen and seen.valid and
              (seen.source, seen.destination, seen.dport) ==
              (OUTSIDE, CALLER, 80) and seen.sport != 1030,
              vars(seen) if seen else None)
    if seen:
        lab.send(p.tcp(CALLER, 80, OUTSIDE, seen.sport, p.SYN | p.ACK, seq=4,
                       ack=2))
        seen = den.receive()
        tap.claim("and its answer comes back the same way",
                  seen and seen.valid and
                  (seen.source, seen.sport, seen.destination, seen.dport) ==
                  (OUTSIDE, 8080, DEN, 1030), vars(seen) if seen else None)

    net.send(p.tcp(SERVER, 5556, OUTSIDE, 9090, p.SYN, seq=1))
    seen = net.receive()
    tap.claim("a forward to an absent user answers as a closed port",
              seen and seen.valid and seen.flags == p.RST | p.ACK and
              (seen.source, seen.sport) == (OUTSIDE, 9090),
              vars(seen) if seen else None)
    code, out, err = masqd.ctl("forward", "add", "ghosts", "udp", "9090",
                               "alice")
    tap.claim("masqctl forward add says nothing and is done",
              (code, out, err) == (0, "", ""), out + err)
    net.send(p.udp(SERVER, 5556, OUTSIDE, 9090))
    seen = net.receive()
    tap.claim("and so over UDP: port unreachable", seen and seen.valid and
              seen.protocol == p.ICMP and (seen.kind, seen.code) == (3, 3) and
              seen.source == OUTSIDE, vars(seen) if seen else None)


def round_robin(lab, den, net):
    masqd.ctl("forward", "add", "pair", "udp", "7000-7002", "10.9.0.5:700",
              "10.10.0.6:800")
    reached = []
    for port in range(4):
        net.send(p.udp(SERVER, 6000 + port, OUTSIDE, 7002))
        for link, name in ((lab, CALLER), (den, DEN)):
            seen = link.receive(0.5)
            if seen:
                reached.append((name, seen.destination, seen.dport))
    tap.claim("two targets of a range are served in turn",
              len(reached) == 4 and sorted(set(reached)) ==
              [(DEN, DEN, 802), (CALLER, CALLER, 702)] and
              reached[0] == reached[2] and reached[1] == reached[3], reached)
    net.send(p.udp(SERVER, 6000, OUTSIDE, 7002))
    again = [link.receive(0.3) for link in (lab, den)]
    tap.claim("a flow keeps its target", sum(map(bool, again)) == 1 and
              next(filter(None, again)).destination == reached[0][0])


def console(lab, net):
    code, out, err = masqd.ctl("forward", "list")
    tap.claim("masqctl forward list tells who is there and who is not",
              code == 0 and "alice:80 (absent)" in out and
              "7000-7002" in out and "closed" in out and "open" in out,
              out + err)
    listed = {f["name"]: f for f in ask("forward", "list")["forwards"]}
    tap.claim("and as JSON", listed["web"]["configured"] and
              listed["pair"]["last_port"] == 7002 and
              not listed["pair"]["configured"] and
              listed["ghost"]["state"] == "closed" and
              listed["web"]["targets"][0]["present"], listed)
    for words, says in (
            (("web", "tcp", "81", "alice"), "web already"),
            (("more", "tcp", "8080", "alice"), "forward web has"),
            (("more", "icmp", "81", "alice"), "tcp or udp"),
            (("more", "tcp", "0", "alice"), "no outside port"),
            (("more", "tcp", "81", "192.168.9.9:1"), "no pool"),
            (("more", "tcp", "81", "alice:x"), "no target")):
        code, out, err = masqd.ctl("forward", "add", *words)
        tap.claim(f"forward add {' '.join(words)} is refused with a reason",
                  code == 1 and says in err and out == "", (code, out, err))
    code, _, err = masqd.ctl("forward", "del", "nobody")
    tap.claim("so is deleting one that is not there", code == 1 and
              "no forward" in err, err)
    masqd.ctl("forward", "del", "web")
    net.send(p.tcp(SERVER, 5555, OUTSIDE, 8080, p.ACK, seq=2, ack=10))
    seen = lab.receive()
    tap.claim("what flows through a deleted forward goes on", seen and
              seen.dport == 80 and seen.sport == 5555)
    before = counters()
    net.send(p.tcp(SERVER, 5999, OUTSIDE, 8080, p.SYN, seq=1))
    lab_got, net_got = lab.receive(0.3), net.receive(0.1)
    tap.claim("nobody else comes in there", lab_got is None and
              (net_got is None or net_got.source == OUTSIDE) and
              what_happened(before, counters()) != "pass",
              what_happened(before, counters()))

    for words, says in (
            (("kick", "nobody"), "no session"),
            (("hangup", "s1"), "no line"),
            (("explain", "gre", "10.9.0.5", "1", SERVER, "1"),
             "no protocol"),
            (("explain", "udp", "10.9.0", "1", SERVER, "1"), "no IPv4")):
        code, out, err = masqd.ctl(*words)
        tap.claim(f"masqctl {words[0]} {words[1]} is refused with a reason",
                  code == 1 and says in err and out == "", (code, out, err))
    for words in (("dance",), ("forward",), ("forward", "turn"), ("kick",),
                  ("explain", "udp"), ("status", "-v"), ("drops", "now"),
                  ("mappings", "a", "b"), ("forward", "add", "x", "tcp"),
                  ("--colour",)):
        code, out, err = masqd.ctl(*words)
        tap.claim(f"masqctl {' '.join(words)} is wrong usage", code == 2 and
                  "--help" in err and out == "", (code, out, err))
    code, _, err = masqd.ctl("--socket", folder + "/nowhere", "status")
    tap.claim("a masqd that cannot be reached is told apart", code == 3 and
              "cannot be reached" in err, err)


def tables(lab, net):
    drain(lab, net)
    lab.send(p.udp(CALLER, 5000, SERVER, 53))
    lab.send(p.udp(CALLER, 5000, "203.0.113.9", 53))
    sport = net.receive().sport
    net.receive()
    code, out, err = masqd.ctl("mappings", "lab", "-v")
    rows = out.splitlines()
    at = next((i for i, row in enumerate(rows)
               if "10.9.0.5:5000 " in row), None)
    tap.claim("masqctl mappings -v shows the flows below their mapping",
              code == 0 and at is not None and
              f"{OUTSIDE}:{sport}" in rows[at] and
              sorted(row.split()[0] for row in rows[at + 1:at + 3]) ==
              [SERVER + ":53", "203.0.113.9:53"], out + err)
    code, out, err = masqd.ctl("mappings", "nobody", "-v")
    tap.claim("of a user who is not there: none", code == 0 and
              "no mappings" in out, out + err)
    code, out, err = masqd.ctl("flows", "lab")
    tap.claim("masqctl flows shows who talks to whom", code == 0 and any(
        f"udp 10.9.0.5:5000 {sport} {SERVER}:53 lab" in
        " ".join(row.split()) for row in out.splitlines()), out + err)
    tap.claim("no row is longer than 80 columns",
              max(map(len, out.splitlines())) <= 80)
    code, out, err = masqd.ctl("drops")
    tap.claim("masqctl drops sums up", code == 0 and "dropped in all" in out
              and "answered" in out, out + err)
    sums = ask("drops")
    tap.claim("and so does its JSON", sums["dropped"] ==
              sum(d["count"] for d in sums["drops"]))


def explanations(lab, den, net):
    """What explain says is what then happens, packet by packet."""
    drain(lab, den, net)
    sport = next(m["outside"].split(":")[1] for m in ask("mappings")[
        "mappings"] if m["inside"] == "10.9.0.5:5000")
    table = (
        (lab, "udp", CALLER, 5000, SERVER, 53, "pass"),
        (lab, "udp", CALLER, 5000, "203.0.113.10", 53, "pass"),
        (lab, "udp", OTHER, 5001, SERVER, 53, "pass"),
        (lab, "tcp", OTHER, 1025, SERVER, 80, "pass"),
        (lab, "icmp", CALLER, 7, SERVER, 0, "pass"),
        (lab, "47", CALLER, 0, SERVER, 0, "protocol"),
        (lab, "udp", CALLER, 1, "127.0.0.1", 53, "martian"),
        (lab, "udp", CALLER, 1, "224.0.0.1", 53, "martian"),
        (lab, "udp", CALLER, 1, "10.64.0.9", 53, "each-other"),
        (lab, "udp", CALLER, 1, DEN, 53, "each-other"),
        (lab, "udp", CALLER, 1, "192.168.3.3", 53, "private-network"),
        (lab, "udp", CALLER, 1, "10.64.0.1", 53, "host-address"),
        (lab, "icmp", CALLER, 1, "10.9.0.1", 0, "reply"),
        (lab, "icmp", CALLER, 1, OUTSIDE, 0, "reply"),
        (lab, "udp", CALLER, 1, OUTSIDE, 4444, "host-address"),
        (lab, "udp", OTHER, 9, OUTSIDE, int(sport), "filtered"),
        (lab, "udp", OTHER, 9, OUTSIDE, 7000, "pass"),
        (lab, "tcp", OTHER, 9, OUTSIDE, 9090, "reply"),
        (net, "udp", SERVER, 53, OUTSIDE, int(sport), "pass"),
        (net, "udp", SERVER, 54, OUTSIDE, int(sport), "pass"),
        (net, "udp", "203.0.113.99", 53, OUTSIDE, int(sport), "filtered"),
        (net, "udp", "203.0.113.99", 53, OUTSIDE, 4444, "no-mapping"),
        (net, "udp", "203.0.113.99", 53, OUTSIDE, 7001, "pass"),
        (net, "tcp", "203.0.113.99", 53, OUTSIDE, 9090, "reply"),
        (net, "udp", "203.0.113.99", 53, OUTSIDE, 9090, "reply"),
        (net, "tcp", "203.0.113.99", 53, OUTSIDE, int(sport), "no-mapping"),
        (net, "tcp", "203.0.113.99", 53, OUTSIDE, 113, "reply"),
        (net, "icmp", "203.0.113.99", 5, OUTSIDE, 0, "reply"),
        (net, "udp", "127.0.0.1", 53, OUTSIDE, int(sport), "martian"),
        (net, "udp", "224.0.0.1", 53, OUTSIDE, int(sport), "martian"),
        (net, "47", SERVER, 0, OUTSIDE, 0, "protocol"),
    )
    for link, protocol, source, sport, there, dport, expected in table:
        words = (protocol, source, str(sport), there, str(dport))
        before = counters(), ask("status")
        said = ask("explain", *words)
        after = counters(), ask("status")
        link.send(craft(protocol, source, sport, there, dport))
        real = what_happened(before[0], counters())
        drain(lab, den, net)
        sides = "caller" if link is lab else "Internet"
        for changing in (before[1], after[1]):
            changing.pop("uptime_ms")
        tap.claim(f"explain {' '.join(words)} of a {sides} says what then "
                  f"happens: {real}",
                  said and said["verdict"] == real and real is not None and
                  expected in (None, real), (said, real, expected))
        if before != after:
            tap.claim("and explaining changes nothing", False, (before,
                                                                after))
    code, out, err = masqd.ctl("explain", "udp", CALLER, "5000", SERVER, "53")
    tap.claim("the explanation is sentences, one a step, and names the "
              "mapping", code == 0 and len(out.splitlines()) >= 4 and
              "lab" in out and OUTSIDE in out and
              all(len(row) <= 80 for row in out.splitlines()), out + err)
    print("# " + out.replace("\n", "\n# "))


try:
    tap.claim("masqd starts with its forwards", masqd.wait_ready(),
              masqd.messages())
    the_lab, the_den = p.Link(folder + "/lab"), p.Link(folder + "/den")
    the_net = p.Link(folder + "/uplink")
    forwards(the_lab, the_den, the_net)
    round_robin(the_lab, the_den, the_net)
    console(the_lab, the_net)
    tables(the_lab, the_net)
    explanations(the_lab, the_den, the_net)
finally:
    masqd.process.terminate()
    masqd.process.wait(5)
    if tap.bad:
        print("# " + masqd.messages().replace("\n", "\n# "))
tap.end()
