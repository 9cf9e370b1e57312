#include "explain.h"

#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TCP_LENGTH = 20,
	UDP_LENGTH = 8,
	ICMP_LENGTH = 8,
	ROOM = 576 /* for an answer built in its place */
};

static bool
refuse(char *error, size_t size, const char *word, const char *advice)
{
	(void)snprintf(error, size, "\"%.80s\" %s", word == NULL ? "" : word,
	    advice);
	return false;
}

/* A decimal number, at most `most`. */
static bool
read_number(const char *word, uint32_t most, uint32_t *number)
{
	size_t digits = word == NULL ? 0 : strspn(word, "0123456789");

	if (digits == 0 || digits > 5 || word[digits] != '\0')
		return false;
	*number = (uint32_t)strtoul(word, NULL, 10);
	return *number <= most;
}

static bool
read_protocol(const char *word, uint8_t *protocol)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = { { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
		{ "icmp", IPPROTO_ICMP } };
	uint32_t number;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (word != NULL && strcmp(word, names[i].name) == 0) {
			*protocol = names[i].number;
			return true;
		}
	if (!read_number(word, UINT8_MAX, &number))
		return false;
	*protocol = (uint8_t)number;
	return true;
}

static bool
read_port(const char *word, in_port_t *port)
{
	uint32_t number;

	*port = 0;
	if (word != NULL && strcmp(word, "-") == 0)
		return true;
	if (!read_number(word, UINT16_MAX, &number))
		return false;
	*port = htons((uint16_t)number);
	return true;
}

bool
explain_read(struct explain_packet *packet, const char *protocol,
    const char *source, const char *source_port, const char *destination,
    const char *destination_port, char *error, size_t error_size)
{
	static const char address[] = "is no IPv4 address; give one like "
				      "198.51.100.80";
	static const char port[] = "is no port; give a number up to 65535, or "
				   "- where there is none";

	if (!read_protocol(protocol, &packet->protocol))
		return refuse(error, error_size, protocol,
		    "is no protocol; give tcp, udp, icmp or its number");
	if (source == NULL ||
	    inet_pton(AF_INET, source, &packet->source) != 1)
		return refuse(error, error_size, source, address);
	if (!read_port(source_port, &packet->source_port))
		return refuse(error, error_size, source_port, port);
	if (destination == NULL ||
	    inet_pton(AF_INET, destination, &packet->destination) != 1)
		return refuse(error, error_size, destination, address);
	if (!read_port(destination_port, &packet->destination_port))
		return refuse(error, error_size, destination_port, port);
	return true;
}

static void
put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The transport header, behind the room for IP's.  Returns its length.  TCP
 * and UDP sums are not looked at, an ICMP message's is. */
static uint32_t
write_transport(uint8_t *at, const struct explain_packet *from)
{
	uint32_t id = ntohs(from->source_port), sum;

	switch (from->protocol) {
	case IPPROTO_TCP:
		put16(at, id);
		put16(at + 2, ntohs(from->destination_port));
		at[12] = TCP_LENGTH / 4 << 4;
		at[13] = TH_SYN;
		return TCP_LENGTH;
	case IPPROTO_UDP:
		put16(at, id);
		put16(at + 2, ntohs(from->destination_port));
		put16(at + 4, UDP_LENGTH);
		return UDP_LENGTH;
	case IPPROTO_ICMP:
		at[0] = ICMP_ECHO;
		sum = (ICMP_ECHO << 8) + id;
		put16(at + 2, ~(sum + (sum >> 16)));
		put16(at + 4, id);
		return ICMP_LENGTH;
	default:
		return 0;
	}
}

static const char *
kind_of(uint8_t protocol, char text[32])
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "a TCP SYN";
	case IPPROTO_UDP:
		return "a UDP datagram";
	case IPPROTO_ICMP:
		return "an ICMP echo request";
	default:
		(void)snprintf(text, 32, "a packet of protocol %u", protocol);
		return text;
	}
}

/* What is asked about. */
static size_t
write_question(const struct explain_packet *from, char *steps, size_t size)
{
	char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN], kind[32];
	int used;

	(void)inet_ntop(AF_INET, &from->source, source, sizeof source);
	(void)inet_ntop(AF_INET, &from->destination, destination,
	    sizeof destination);
	if (from->protocol == IPPROTO_TCP || from->protocol == IPPROTO_UDP)
		used = snprintf(steps, size, "The packet is %s from %s:%u to "
					     "%s:%u.\n",
		    kind_of(from->protocol, kind), source,
		    ntohs(from->source_port), destination,
		    ntohs(from->destination_port));
	else
		used = snprintf(steps, size, "The packet is %s from %s to "
					     "%s.\n",
		    kind_of(from->protocol, kind), source, destination);
	return used < 0 ? 0 : (size_t)used < size ? (size_t)used : size - 1;
}

enum verdict
explain(struct gateway *gateway, const struct explain_packet *from,
    char *steps, size_t size, uint64_t now)
{
	uint8_t octets[ROOM] = { 0 };
	struct packet packet = { .data = octets, .capacity = sizeof octets,
		.caller = PACKET_NO_CALLER };
	uint32_t length = PACKET_HEADER +
	    write_transport(octets + PACKET_HEADER, from);
	size_t used = write_question(from, steps, size);

	packet_write_header(&packet, from->protocol, from->source,
	    from->destination, length, 0, 0);
	(void)packet_parse(&packet, octets, length, sizeof octets);
	return gateway_explain(gateway, &packet, steps + used, size - used,
	    now);
}
