"""modem.py - a modem of the exchange, and we are its computer"""
import fcntl
import os
import select
import struct
import termios
import time
import tty


class Modem:
    def __init__(self, name):
        self.name = name
        self.fd = os.open('/run/exchange/' + name,
                          os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self.fd)
        mode = termios.tcgetattr(self.fd)
        mode[2] |= termios.CLOCAL | termios.CRTSCTS | termios.HUPCL
        termios.tcsetattr(self.fd, termios.TCSANOW, mode)
        self.have = b''

    def signals(self):
        value = fcntl.ioctl(self.fd, termios.TIOCMGET, struct.pack('I', 0))
        value, = struct.unpack('I', value)
        return {name for name, bit in (('CTS', termios.TIOCM_CTS),
                                       ('DCD', termios.TIOCM_CD),
                                       ('RI', termios.TIOCM_RI)) if value & bit}

    def dtr(self, high):
        """N_GSM gives up on a peer that is slow to confirm: say it again."""
        end = time.monotonic() + 10
        while True:
            try:
                fcntl.ioctl(self.fd,
                            termios.TIOCMBIS if high else termios.TIOCMBIC,
                            struct.pack('I', termios.TIOCM_DTR))
                return
            except TimeoutError:
                if time.monotonic() > end:
                    raise

    def send(self, data, reader=None):
        """Send; `reader` is a modem that reads meanwhile."""
        while data:
            readers = [reader.fd] if reader else []
            readable, writable, _ = select.select(readers, [self.fd], [], 5)
            assert readable or writable, \
                f'{self.name}: takes no octets, {len(data)} left'
            if readable:
                reader.read(0)
            if writable:
                data = data[os.write(self.fd, data):]

    def read(self, seconds):
        if select.select([self.fd], [], [], seconds)[0]:
            self.have += os.read(self.fd, 4096)

    def expect(self, text, seconds=5):
        text = text.encode()
        end = time.monotonic() + seconds
        while text not in self.have:
            left = end - time.monotonic()
            assert left > 0, f'{self.name}: no {text!r} in {self.have!r}'
            self.read(left)
        before, self.have = self.have.split(text, 1)
        return before.decode('latin-1')

    def command(self, line, result='OK'):
        self.send(line.encode() + b'\r')
        return self.expect('\r\n' + result + '\r\n')

    def wake(self):
        """Reset it; its tty may just have been closed by somebody else."""
        end = time.monotonic() + 30
        while b'\r\nOK\r\n' not in self.have:
            assert time.monotonic() < end, f'{self.name}: silent'
            self.send(b'ATZ\r')
            self.read(2)
        self.settle()

    def either(self, texts, seconds):
        """The first of the texts that comes."""
        end = time.monotonic() + seconds
        while True:
            for text in texts:
                if text.encode() in self.have:
                    self.expect(text)
                    return text
            left = end - time.monotonic()
            assert left > 0, f'{self.name}: none of {texts} in {self.have!r}'
            self.read(left)

    def settle(self):
        """Wait until the carrier has gone, and forget what was said."""
        end = time.monotonic() + 3
        while 'DCD' in self.signals():
            assert time.monotonic() < end, f'{self.name}: DCD stays'
            time.sleep(0.01)
        self.read(0.05)
        self.have = b''
