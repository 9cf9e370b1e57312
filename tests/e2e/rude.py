"""rude.py SUBSCRIBER NUMBER ADDRESS... - a caller who does not wait

Dials, says enough LCP that the other end takes it for PPP, and sends echo
requests to the addresses for some seconds, without logging in.  Prints how
many octets of them it sent.
"""
import socket
import struct
import sys
import time

from modem import Modem
from ppp_frame import frame


def checksum(data):
    total = sum(struct.unpack('>%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack('>H', total ^ 0xffff)


def echo(source, destination):
    icmp = struct.pack('>BBHHH', 8, 0, 0, 7, 7) + b'rude'
    icmp = icmp[:2] + checksum(icmp) + icmp[4:]
    header = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(icmp), 7, 0, 64, 1,
                         0, socket.inet_aton(source),
                         socket.inet_aton(destination))
    return header[:10] + checksum(header) + header[12:] + icmp


modem = Modem(sys.argv[1])
modem.dtr(True)
modem.command('ATZ')
modem.send(b'ATDT' + sys.argv[2].encode() + b'\r')
modem.expect('CONNECT', 20)
sent = 0
end = time.monotonic() + 5
while time.monotonic() < end:
    modem.send(frame(b'\xff\x03\xc0\x21\x01\x01\x00\x04'))
    for address in sys.argv[3:]:
        packet = frame(b'\xff\x03\x00\x21' + echo('10.64.0.99', address))
        modem.send(packet)
        sent += len(packet)
    modem.read(0.1)
modem.dtr(False)
print(sent)
