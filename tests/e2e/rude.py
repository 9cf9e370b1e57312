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


def fcs(data):
    """RFC 1662, C.2"""
    value = 0xffff
    for octet in data:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return struct.pack('<H', value ^ 0xffff)


def frame(protocol, data):
    data = b'\xff\x03' + struct.pack('>H', protocol) + data
    data += fcs(data)
    stuffed = b''.join(bytes([0x7d, octet ^ 0x20])
                       if octet < 0x20 or octet in (0x7d, 0x7e)
                       else bytes([octet]) for octet in data)
    return b'\x7e' + stuffed + b'\x7e'


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
    modem.send(frame(0xc021, b'\x01\x01\x00\x04'))
    for address in sys.argv[3:]:
        packet = frame(0x0021, echo('10.64.0.99', address))
        modem.send(packet)
        sent += len(packet)
    modem.read(0.1)
modem.dtr(False)
print(sent)
