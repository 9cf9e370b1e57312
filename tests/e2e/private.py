"""private.py FILE.pcap NETWORK - packets that hold an address of NETWORK

Looks at every octet of every IPv4 header field and, because ICMP errors quote
packets, of every ICMP message; prints one line a finding.
"""
import ipaddress
import struct
import sys


def packets(name):
    with open(name, 'rb') as file:
        data = file.read()
    order = '<' if data[:4] in (b'\xd4\xc3\xb2\xa1', b'\x4d\x3c\xb2\xa1') else '>'
    at = 24
    while at + 16 <= len(data):
        length, = struct.unpack(order + 'I', data[at + 8:at + 12])
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def addresses(frame):
    """The octets of an Ethernet frame that can be an address."""
    if frame[12:14] == b'\x08\x06':
        return frame[14:]
    if frame[12:14] != b'\x08\x00':
        return b''
    header = 14 + (frame[14] & 15) * 4
    return frame[14:] if frame[23] == 1 else frame[26:header]


network = ipaddress.ip_network(sys.argv[2])
prefix = network.network_address.packed[:network.prefixlen // 8]
count = 0
for number, frame in enumerate(packets(sys.argv[1]), 1):
    count += 1
    if prefix in addresses(frame):
        print(f'packet {number}: {frame.hex()}')
if not count:
    print('the capture is empty')
