"""private.py FILE.pcap NETWORK - packets that hold an address of NETWORK

Looks at the addresses and options of every IPv4 header and, because ICMP errors
quote packets, of every header quoted; prints one line a finding.
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


ICMP, ICMP_ERRORS = 1, (3, 4, 5, 11, 12)


def of_header(packet):
    """The octets of an IPv4 packet that can be an address."""
    header = (packet[0] & 15) * 4 if packet else 0
    found = packet[12:header]
    message = packet[header:]
    first = len(packet) > 9 and packet[6] & 0x1f == packet[7] == 0
    if message and first and packet[9] == ICMP and message[0] in ICMP_ERRORS:
        return found + b' ' + message[4:8] + b' ' + of_header(message[8:])
    return found


def addresses(frame):
    """The octets of an Ethernet frame that can be an address."""
    if frame[12:14] == b'\x08\x06':
        return frame[14:]
    return of_header(frame[14:]) if frame[12:14] == b'\x08\x00' else b''


network = ipaddress.ip_network(sys.argv[2])
prefix = network.network_address.packed[:network.prefixlen // 8]
count = 0
for number, frame in enumerate(packets(sys.argv[1]), 1):
    count += 1
    if prefix in addresses(frame):
        print(f'packet {number}: {frame.hex()}')
if not count:
    print('the capture is empty')
