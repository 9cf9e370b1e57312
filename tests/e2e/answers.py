"""answers.py SUBSCRIBER NUMBER TIMES SECONDS - does the line answer again?

Dials until CONNECT, waits for pppd's first word, hangs up by DTR, TIMES in a
row; each time the CONNECT must come within SECONDS after the hang-up before it.
"""
import sys
import time

from modem import Modem
from ppp_frame import frame

# A Configure-Request of LCP's without options, and the escaped control octet
# with which pppd's first frame begins.
REQUEST = frame(b'\xff\x03\xc0\x21\x01\x01\x00\x04')
ANSWER = '}#'

name, number, times, limit = sys.argv[1:]
modem = Modem(name)
modem.dtr(True)
modem.wake()
slowest = 0
freed = time.monotonic()
for attempt in range(int(times)):
    while True:
        modem.send(b'ATDT' + number.encode() + b'\r')
        result = modem.either(['BUSY', 'CONNECT', 'NO CARRIER', 'NO ANSWER'],
                              30)
        took = time.monotonic() - freed
        if result == 'CONNECT':
            break
        assert took < float(limit), f'{attempt}: {result} after {took:.1f} s'
    assert took < float(limit), f'{attempt}: CONNECT after {took:.1f} s'
    slowest = max(slowest, took)
    modem.send(REQUEST)
    modem.expect(ANSWER, 20)
    modem.dtr(False)
    freed = time.monotonic()
    modem.settle()
    modem.dtr(True)
    modem.command('AT')
print(f'the slowest came {slowest:.1f} s after the hang-up')
