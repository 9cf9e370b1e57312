"""modems.py - what a caller and an answering computer see of the exchange

Opens the modems' ttys and plays both computers; the first thing that is not
as it should be is an AssertionError.
"""
import fcntl
import os
import struct
import subprocess
import termios
import time

from modem import Modem


def until(what, seconds=3):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, 'waited in vain'
        time.sleep(0.01)


def order(*words):
    subprocess.run([os.environ['B'] + '/tests/exchange/exchange', 'order',
                    '/run/exchange.control', *words], check=True)


def claim(text):
    print(text, flush=True)


sub, other, bank = Modem('sub1'), Modem('sub2'), Modem('bank1')
for modem in sub, other, bank:
    modem.dtr(True)
    modem.command('ATZ')
    assert modem.signals() == {'CTS'}, modem.signals()
claim('commands')
sub.command('ATE0')
sub.command('AT!', 'ERROR')
sub.command('ATS0?')
assert '255' in sub.command('ATS7=255S7?')
sub.command('AT&F')
sub.command('ATDT5559999', 'NO CARRIER')

claim('nobody answers')
sub.send(b'ATDT5550100\r')
bank.expect('RING')
assert 'RI' in bank.signals()
sub.expect('NO ANSWER')
until(lambda: bank.signals() == {'CTS'})

claim('a call, with the caller\'s number')
bank.command('AT+VCID=1')
sub.send(b'ATDT5550100\r')
bank.expect('RING')
bank.expect('NMBR = 5550201')
bank.expect('RING')
bank.send(b'ATA\r')
bank.expect('CONNECT 33600/ARQ/V34/LAPM/V42BIS\r\n')
sub.expect('CONNECT 33600/ARQ/V34/LAPM/V42BIS\r\n')
until(lambda: 'DCD' in bank.signals() and 'DCD' in sub.signals())
assert 'RI' not in bank.signals()

claim('all lines taken, and one whose DTR is low: BUSY')
other.command('ATDT5550100', 'BUSY')

claim('octets of all values, at the rate of the line')
data = bytes(range(256)) * 64
started = time.monotonic()
try:
    sub.send(data, bank)
except AssertionError:
    order('state')
    raise
while len(bank.have) < len(data):
    before = len(bank.have)
    bank.read(5)
    if len(bank.have) == before:
        order('state')
        raise AssertionError(f'only {before} of {len(data)} octets came')
took = time.monotonic() - started
assert bank.have[:len(data)] == data
bank.have = bank.have[len(data):]
assert 3.0 < took < 6, took  # 16384 octets at 4200 a second: 3.9 s

claim('the far end does not read: CTS falls')
fcntl.ioctl(bank.fd, termios.TIOCMBIC, struct.pack('I', termios.TIOCM_RTS))
for _ in range(100):
    try:
        os.write(sub.fd, bytes(1000))
    except BlockingIOError:
        pass
    if 'CTS' not in sub.signals():
        break
    time.sleep(0.05)
assert 'CTS' not in sub.signals()
fcntl.ioctl(bank.fd, termios.TIOCMBIS, struct.pack('I', termios.TIOCM_RTS))
until(lambda: 'CTS' in sub.signals(), 10)

claim('carrier lost on order')
order('drop', 'sub1')
bank.expect('NO CARRIER', 20)
sub.expect('NO CARRIER')
until(lambda: 'DCD' not in bank.signals() and 'DCD' not in sub.signals())

claim('DTR hangs up')
sub.send(b'ATDT5550100\r')
bank.expect('RING')
bank.send(b'ATA\r')
bank.expect('CONNECT')
sub.expect('CONNECT')
bank.dtr(False)
sub.expect('NO CARRIER')
until(lambda: 'DCD' not in bank.signals())
bank.dtr(True)
bank.command('AT')

claim('+++ between silences is heard, ATO goes back, ATH hangs up')
sub.send(b'ATDT5550100\r')
bank.expect('RING')
bank.send(b'ATA\r')
bank.expect('CONNECT')
sub.expect('CONNECT')
time.sleep(1.1)
sub.send(b'+++')
sub.expect('OK', 3)
sub.command('ATO', 'CONNECT')
sub.send(b'xyzzy')
bank.expect('xyzzy')
time.sleep(1.1)
sub.send(b'+++')
sub.expect('OK', 3)
sub.command('ATH')
bank.expect('NO CARRIER')

claim('faults on order')
order('error', 'bank1')
bank.command('AT', 'ERROR')
order('silent', 'bank1')
bank.have = b''
bank.send(b'AT\r')
bank.read(0.5)
assert bank.have == b'', bank.have
order('normal', 'bank1')
bank.command('AT')
order('cut', 'sub1')
sub.command('ATD5550100', 'NO DIALTONE')
order('mend', 'sub1')

claim('bit errors on order')
order('errors', 'sub1', '0.001')
sub.send(b'ATDT5550100\r')
bank.expect('RING')
bank.send(b'ATA\r')
bank.expect('CONNECT')
bank.expect('\r\n')
sub.expect('CONNECT')
data = bytes(range(32, 64)) * 128
sub.send(data, bank)
while len(bank.have) < len(data):
    before = len(bank.have)
    bank.read(5)
    assert len(bank.have) > before, f'only {before} of {len(data)} octets'
hit = sum(a != b for a, b in zip(data, bank.have))
assert 8 <= hit <= 80, hit  # of 4096 octets 33 on an average
order('errors', 'sub1', '0')
bank.dtr(False)
sub.expect('NO CARRIER')
bank.dtr(True)
bank.command('AT')

claim('a closed tty is no ready modem')
os.close(bank.fd)
sub.command('ATD5550100', 'BUSY')
order('state')
