"""ppp_frame.py - PPP frames as they go over a line (RFC 1662)"""
import struct

FLAG, ESCAPE = 0x7e, 0x7d


def fcs(data):
    """C.2, one bit at a time."""
    value = 0xffff
    for octet in data:
        value ^= octet
        for _ in range(8):
            value = value >> 1 ^ 0x8408 if value & 1 else value >> 1
    return value


def frame(data):
    """From the address octet on; all control characters are escaped."""
    data = data + struct.pack("<H", fcs(data) ^ 0xffff)
    out = bytearray([FLAG])
    for octet in data:
        if octet in (FLAG, ESCAPE) or octet < 0x20:
            out += bytes([ESCAPE, octet ^ 0x20])
        else:
            out.append(octet)
    return bytes(out) + bytes([FLAG])
