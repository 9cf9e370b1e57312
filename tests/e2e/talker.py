"""talker.py serve ADDRESS | talk ADDRESS FIFO LOG | ask ADDRESS WORD

Flows that stay open, and one that does not.

serve: answers each datagram, and each line of a TCP flow, on port 7007 with
its own words and the sender's address.
talk: opens one flow of UDP and one of TCP; then for each word that comes by
the FIFO says it on both, and writes `WORD udp ANSWER` and `WORD tcp ANSWER` to
the log, where ANSWER may be `silence` or the name of an error.
ask: one datagram of a flow of its own; prints the answer.
"""
import os
import socket
import sys
import threading

PORT = 7007


def serve_stream(flow, there):
    try:
        while data := flow.recv(100):
            flow.sendall(b"%s %s:%d\n" % (data.strip(), there[0].encode(),
                                          there[1]))
    except OSError:
        pass


def serve_streams(listener):
    while True:
        flow, there = listener.accept()
        threading.Thread(target=serve_stream, args=(flow, there),
                         daemon=True).start()


def serve(address):
    listener = socket.create_server((address, PORT))
    threading.Thread(target=serve_streams, args=(listener,),
                     daemon=True).start()
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((address, PORT))
    print("serving", flush=True)
    while True:
        data, there = datagrams.recvfrom(100)
        datagrams.sendto(b"%s %s:%d\n" % (data.strip(), there[0].encode(),
                                          there[1]), there)


def say(flow, word):
    try:
        flow.send(word.encode())
        return flow.recv(200).decode().strip() or "closed"
    except TimeoutError:
        return "silence"
    except OSError as error:
        return type(error).__name__


def open_datagrams(address):
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.settimeout(30)  # an uplink may have to dial
    udp.connect((address, PORT))
    return udp


def talk(address, fifo, log):
    udp = open_datagrams(address)
    tcp = socket.create_connection((address, PORT), 10)
    tcp.settimeout(8)
    with open(log, "w", encoding="ascii", buffering=1) as out:
        while True:
            with open(fifo, encoding="ascii") as words:
                for word in words.read().split():
                    out.write(f"{word} udp {say(udp, word)}\n")
                    out.write(f"{word} tcp {say(tcp, word)}\n")


if sys.argv[1] == "serve":
    serve(sys.argv[2])
elif sys.argv[1] == "ask":
    print(say(open_datagrams(sys.argv[2]), sys.argv[3]))
else:
    if not os.path.exists(sys.argv[3]):
        os.mkfifo(sys.argv[3])
    talk(*sys.argv[2:])
