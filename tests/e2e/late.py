"""late.py FROM TO TCP-PORT UDP-PORT - segments that nobody expects any more

From port 80 and port 53: SYN, SYN-ACK, ACK, data, FIN, and a datagram.
"""
import socket
import struct
import sys

source, destination = sys.argv[1:3]
tcp_port, udp_port = map(int, sys.argv[3:5])


def checksum(protocol, data):
    pseudo = (socket.inet_aton(source) + socket.inet_aton(destination) +
              struct.pack('>HH', protocol, len(data)) + data)
    pseudo += bytes(len(pseudo) % 2)
    total = sum(struct.unpack('>%dH' % (len(pseudo) // 2), pseudo))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack('>H', total ^ 0xffff)


def send(protocol, data, at):
    data = data[:at] + checksum(protocol, data) + data[at + 2:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, protocol) as raw:
        raw.bind((source, 0))
        raw.sendto(data, (destination, 0))


FIN, SYN, PSH, ACK = 1, 2, 8, 16
for flags, data in ((SYN, b''), (SYN | ACK, b''), (ACK, b''),
                    (PSH | ACK, b'late'), (FIN | ACK, b'')):
    send(6, struct.pack('>HHIIBBHHH', 80, tcp_port, 12345678, 87654321, 0x50,
                        flags, 1024, 0, 0) + data, 16)
send(17, struct.pack('>HHHH', 53, udp_port, 12, 0) + b'late', 6)
