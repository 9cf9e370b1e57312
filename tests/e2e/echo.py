"""echo.py - TCP both ways, keystroke by keystroke or in bulk

    echo.py serve ADDRESS PORT            send everything back, to everybody
    echo.py keys ADDRESS PORT COUNT       that many octets, one by one
    echo.py bulk ADDRESS PORT COUNT       all at once; compare what comes back
"""
import random
import socket
import sys
import threading

what, where = sys.argv[1], (sys.argv[2], int(sys.argv[3]))


def answer(peer):
    with peer:
        while octets := peer.recv(65536):
            peer.sendall(octets)


def serve():
    with socket.create_server(where) as listener:
        print("ready", flush=True)
        while True:
            threading.Thread(target=answer, args=[listener.accept()[0]],
                             daemon=True).start()


def keys(peer, octets):
    for octet in octets:
        peer.sendall(bytes([octet]))
        assert peer.recv(1) == bytes([octet])


def bulk(peer, octets):
    threading.Thread(target=peer.sendall, args=[octets]).start()
    back = b""
    while len(back) < len(octets):
        more = peer.recv(65536)
        assert more, f"the end after {len(back)} octets"
        back += more
    assert back == octets, "other octets came back"


if what == "serve":
    serve()
data = random.Random(1055).randbytes(int(sys.argv[4]))
with socket.create_connection(where, 30) as to:
    to.settimeout(60)
    to.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    {"keys": keys, "bulk": bulk}[what](to, data)
