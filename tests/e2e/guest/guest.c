/*
 * guest.c - a computer with a serial port and nothing else, for an emulator
 *
 * It is all the software of its machine: it talks to its 8250 directly, logs
 * in by text as a DOS packet driver's script would, takes its address from
 * the first dotted quad it is shown, and then sends UDP datagrams of every
 * octet in SLIP frames (RFC 1055) to an echo server.  Every datagram has to
 * come back as it was.  What happens is told on port 0xe9; the emulator's
 * exit device ends the machine.
 *
 * The command line of the multiboot loader: SERVER PORT USER PASSWORD.
 */
#include <stddef.h>
#include <stdint.h>

enum {
	COM1 = 0x3f8, TELL = 0xe9, END_IT = 0xf4,
	DATA = 0, LINE_CONTROL = 3, MODEM_CONTROL = 4, LINE_STATUS = 5,
	RECEIVED = 1, SENT = 0x20, /* of the line status */
	END = 0xc0, ESC = 0xdb, ESC_END = 0xdc, ESC_ESC = 0xdd,
	IP = 20, UDP = 8, PAYLOAD = 256, PACKET = IP + UDP + PAYLOAD,
	ROUNDS = 20, PATIENCE_S = 5,
	CLOCK_INDEX = 0x70, CLOCK = 0x71 /* the seconds are register 0 */
};

/* The header that a multiboot loader looks for, and where it comes in. */
__asm__(".section .multiboot, \"a\"\n"
	".long 0x1badb002, 0, -0x1badb002\n"
	".text\n"
	".globl _start\n"
	"_start: mov $stack + 16384, %esp\n"
	"push %ebx\n"
	"call run\n");
uint8_t stack[16384];

struct multiboot {
	uint32_t flags, memory[2], device;
	const char *line;
};

static char server[20], port[8], user[32], password[32];

static void
out(uint16_t where, uint8_t octet)
{
	__asm__ volatile("outb %0, %1" : : "a"(octet), "Nd"(where));
}

static uint8_t
in(uint16_t where)
{
	uint8_t octet;

	__asm__ volatile("inb %1, %0" : "=a"(octet) : "Nd"(where));
	return octet;
}

static void
tell(const char *text)
{
	while (*text != '\0')
		out(TELL, (uint8_t)*text++);
}

static void
end(const char *why, uint8_t code)
{
	tell(why);
	tell("\n");
	out(END_IT, code);
	for (;;)
		;
}

static void
put(uint8_t octet)
{
	while (!(in(COM1 + LINE_STATUS) & SENT))
		;
	out(COM1 + DATA, octet);
}

static void
put_text(const char *text)
{
	while (*text != '\0')
		put((uint8_t)*text++);
}

/* The next octet, or -1 when none comes for too long. */
static int
get(void)
{
	uint8_t second, now = 0;

	for (int ticks = 0; ticks <= PATIENCE_S; ticks += now != second) {
		second = now;
		if (in(COM1 + LINE_STATUS) & RECEIVED)
			return in(COM1 + DATA);
		out(CLOCK_INDEX, 0);
		now = in(CLOCK);
	}
	return -1;
}

static void
expect(const char *text)
{
	const char *at = text;

	while (*at != '\0') {
		int octet = get();

		if (octet < 0) {
			tell(text);
			end(": did not come", 2);
		}
		out(TELL, (uint8_t)octet);
		at = octet == *at ? at + 1 : text + (octet == *text);
	}
}

static const char *
number(const char *text, uint32_t *value)
{
	for (*value = 0; *text >= '0' && *text <= '9'; text++)
		*value = *value * 10 + (uint32_t)(*text - '0');
	return text;
}

static void
address(const char *text, uint8_t *octets)
{
	for (int i = 0; i < 4; i++) {
		uint32_t value;

		text = number(text, &value) + 1;
		octets[i] = (uint8_t)value;
	}
}

/* The first dotted quad that is shown. */
static void
shown_address(uint8_t *octets)
{
	uint32_t value = 0, found = 0, digits = 0;

	while (found < 4) {
		int octet = get();

		if (octet < 0)
			end("no address was shown", 2);
		out(TELL, (uint8_t)octet);
		if (octet >= '0' && octet <= '9') {
			value = value * 10 + (uint32_t)(octet - '0');
			digits++;
			continue;
		}
		if (digits > 0 && (octet == '.' || found == 3))
			octets[found++] = (uint8_t)value;
		else
			found = 0;
		value = digits = 0;
	}
	expect("\n");
}

static void
words(const char *line)
{
	static const struct {
		char *at;
		size_t size;
	} fields[] = { { server, sizeof server }, { port, sizeof port },
		{ user, sizeof user }, { password, sizeof password } };
	size_t i = 0, used = 0;

	while (*line != '\0' && *line != ' ') /* the loader's own name */
		line++;
	for (i = 0; i < 4 && *line != '\0'; i++) {
		for (line++, used = 0; *line != '\0' && *line != ' '; line++)
			if (used + 1 < fields[i].size)
				fields[i].at[used++] = *line;
	}
}

/* RFC 1071. */
static uint16_t
sum(const uint8_t *octets, size_t n)
{
	uint32_t total = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		total += (uint32_t)octets[i] << 8 | octets[i + 1];
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A datagram without a UDP checksum, as a small stack sends them. */
static void
make(uint8_t *packet, const uint8_t *own, uint32_t round)
{
	uint32_t to;

	number(port, &to);
	for (size_t i = 0; i < PACKET; i++)
		packet[i] = i < IP + UDP ? 0 : (uint8_t)(i + round);
	packet[0] = 0x45;
	put16(packet + 2, PACKET);
	put16(packet + 4, round);
	packet[8] = 64;
	packet[9] = 17;
	for (int i = 0; i < 4; i++)
		packet[12 + i] = own[i];
	address(server, packet + 16);
	put16(packet + 10, sum(packet, IP));
	put16(packet + IP, 1024 + round);
	put16(packet + IP + 2, to);
	put16(packet + IP + 4, UDP + PAYLOAD);
}

static void
send(const uint8_t *packet)
{
	put(END);
	for (size_t i = 0; i < PACKET; i++) {
		if (packet[i] != END && packet[i] != ESC) {
			put(packet[i]);
			continue;
		}
		put(ESC);
		put(packet[i] == END ? ESC_END : ESC_ESC);
	}
	put(END);
}

/* A frame's length; 0: none came. */
static size_t
receive(uint8_t *packet)
{
	size_t used = 0;

	for (;;) {
		int octet = get();

		if (octet < 0)
			return 0;
		if (octet == END && used > 0)
			return used;
		if (octet == END)
			continue;
		if (octet == ESC)
			octet = get() == ESC_END ? END : ESC;
		if (used < PACKET)
			packet[used++] = (uint8_t)octet;
	}
}

static int
came_back(const uint8_t *sent, const uint8_t *got, size_t n)
{
	if (n != PACKET || sum(got, IP) != 0)
		return 0;
	for (int i = 0; i < 4; i++)
		if (got[16 + i] != sent[12 + i] || got[12 + i] != sent[16 + i])
			return 0;
	for (size_t i = IP + UDP; i < PACKET; i++)
		if (got[i] != sent[i])
			return 0;
	return 1;
}

static void
echo(const uint8_t *own, uint32_t round)
{
	static uint8_t sent[PACKET], got[PACKET];

	make(sent, own, round);
	for (int try = 0; try < 5; try++) {
		send(sent);
		if (came_back(sent, got, receive(got)))
			return;
	}
	end("a datagram did not come back as it was", 3);
}

__attribute__((noreturn, used)) void
run(const struct multiboot *loader)
{
	uint8_t own[4];

	words(loader->line);
	out(COM1 + LINE_CONTROL, 0x83);
	out(COM1 + DATA, 3); /* 38400 bit/s */
	out(COM1 + DATA + 1, 0);
	out(COM1 + LINE_CONTROL, 3); /* 8N1 */
	out(COM1 + MODEM_CONTROL, 3);
	put('\r');
	expect("ogin: ");
	put_text(user);
	put('\r');
	expect("assword: ");
	put_text(password);
	put('\r');
	expect("rotocol");
	put_text("slip\r");
	shown_address(own);
	for (uint32_t round = 0; round < ROUNDS; round++)
		echo(own, round);
	end("\nall came back", 0);
	for (;;)
		;
}
