/*
 * vj.c - RFC 1144: TCP/IP headers compressed on a slow line
 *
 * A compressed packet, appendix A of the RFC:
 *
 *	change mask	what of the following is there, and PUSH
 *	slot		if C: of the conversation
 *	checksum	TCP's own, two octets, untouched
 *	urgent pointer	if U; one octet, or 0 and two
 *	window		if W; its change, likewise
 *	acknowledgment	if A; its change
 *	sequence	if S; its change
 *	identification	if I; its change; without I it is 1
 *	data
 *
 * Two masks that hardly ever happen mean what happens most: SPECIAL_I, both
 * numbers advance by the data last sent (an echoed keystroke), SPECIAL_D, the
 * sequence number does (bulk data).
 *
 * What must never happen: a header restored from a slot that was never
 * filled; a slot changed by a frame that does not hold together; a compressed
 * packet that the peer restores to another one than went in.
 */
#include "vj.h"

#include <stdlib.h>
#include <string.h>

enum {
	NEW_C = 0x40,
	NEW_I = 0x20,
	PUSH = 0x10,
	NEW_S = 0x08,
	NEW_A = 0x04,
	NEW_W = 0x02,
	NEW_U = 0x01,
	SPECIAL_I = NEW_S | NEW_W | NEW_U,
	SPECIAL_D = NEW_S | NEW_A | NEW_W | NEW_U,
	SPECIALS = 0x0f,
	COMPRESSED = 0x80,
	UNCOMPRESSED = 0x70,

	CHANGES_MAX = 2 + 2 + 5 * 3, /* the longest compressed header */
	NO_SLOT = 0xff
};

enum { /* offsets: IP, and TCP from its own beginning */
	IP_LENGTH = 2,
	IP_ID = 4,
	IP_OFFSET = 6,
	IP_TTL = 8,
	IP_PROTOCOL = 9,
	IP_CHECKSUM = 10,
	IP_SOURCE = 12,
	IP_HEADER = 20,
	IP_FRAGMENT = 0x3fff, /* offset and "more fragments" */
	TCP_SEQUENCE = 4,
	TCP_ACK = 8,
	TCP_OFFSET = 12,
	TCP_FLAGS = 13,
	TCP_WINDOW = 14,
	TCP_CHECKSUM = 16,
	TCP_URGENT = 18,
	TCP_HEADER = 20,
	FLAG_PUSH = 0x08,
	FLAG_ACK = 0x10,
	FLAG_URGENT = 0x20,
	PROTOCOL_TCP = 6
};

struct slot {
	uint8_t header[VJ_HEADER_MAX];
	uint8_t length; /* 0: never filled */
	uint8_t ip;	/* of the IP header in it: where TCP's begins */
	uint8_t older;	/* compressor: the slot used before this one */
};

struct vj_compressor {
	bool slot_ids;
	uint8_t last;	/* slot of the packet sent last, or NO_SLOT */
	uint8_t newest; /* slot used last; the others by `older` */
	unsigned slots;
	struct slot slot[];
};

struct vj_decompressor {
	bool tossing;
	uint8_t last;
	unsigned slots;
	struct slot slot[];
};

static uint16_t
get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint32_t
get32(const uint8_t *at)
{
	return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, (uint16_t)(value >> 16));
	put16(at + 2, (uint16_t)value);
}

/* The IP checksum field; 0 for a header that holds a correct one. */
static uint16_t
ip_checksum(const uint8_t *ip, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += get16(ip + i);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)~sum;
}

/* The lengths of both headers of a packet with TCP; false: it is too short
 * for them.  The protocol is not looked at. */
static bool
headers(const uint8_t *packet, size_t length, size_t *ip, size_t *all)
{
	if (length < IP_HEADER + TCP_HEADER)
		return false;
	*ip = (size_t)(packet[0] & 0x0f) * 4;
	if (*ip < IP_HEADER || *ip + TCP_HEADER > length)
		return false;
	*all = *ip + (size_t)(packet[*ip + TCP_OFFSET] >> 4) * 4;
	return *all >= *ip + TCP_HEADER && *all <= length;
}

static void
slot_fill(struct slot *slot, const uint8_t *packet, size_t ip, size_t all)
{
	memcpy(slot->header, packet, all);
	slot->ip = (uint8_t)ip;
	slot->length = (uint8_t)all;
}

/* ---- the compressor ---------------------------------------------------- */

struct vj_compressor *
vj_compressor_create(unsigned slots, bool slot_ids)
{
	struct vj_compressor *vj = calloc(1,
	    sizeof *vj + slots * sizeof vj->slot[0]);

	if (vj == NULL)
		return NULL;
	vj->slots = slots;
	vj->slot_ids = slot_ids;
	vj->last = NO_SLOT;
	vj->newest = (uint8_t)(slots - 1);
	for (unsigned i = 0; i < slots; i++)
		vj->slot[i].older = (uint8_t)((i + slots - 1) % slots);
	return vj;
}

void
vj_compressor_destroy(struct vj_compressor *vj)
{
	free(vj);
}

static bool
same_conversation(const struct slot *slot, const uint8_t *packet, size_t ip)
{
	return slot->length > 0 &&
	    memcmp(slot->header + IP_SOURCE, packet + IP_SOURCE, 8) == 0 &&
	    memcmp(slot->header + slot->ip, packet + ip, 4) == 0;
}

/*
 * The slot of the packet's conversation, or else the one not used for the
 * longest time; it is the newest from now on.  The slots are a ring: the
 * newest one's `older` leads from one to the next, the oldest one's back to
 * the newest.
 */
static uint8_t
find_slot(struct vj_compressor *vj, const uint8_t *packet, size_t ip,
    bool *found)
{
	uint8_t before = vj->newest, at = vj->newest;

	for (unsigned i = 1; i <= vj->slots; i++) {
		*found = same_conversation(&vj->slot[at], packet, ip);
		if (*found || i == vj->slots)
			break;
		before = at;
		at = vj->slot[at].older;
	}
	if (at == vj->newest)
		return at;
	/* The oldest becomes the newest by turning the ring. */
	if (vj->slot[at].older != vj->newest) {
		uint8_t oldest = at;

		while (vj->slot[oldest].older != vj->newest)
			oldest = vj->slot[oldest].older;
		vj->slot[before].older = vj->slot[at].older;
		vj->slot[at].older = vj->newest;
		vj->slot[oldest].older = at;
	}
	vj->newest = at;
	return at;
}

/* A number, or a change of one: an octet, or 0 and two (RFC 1144 3.2.2). */
static uint8_t *
encode(uint8_t *at, uint16_t value)
{
	if (value != 0 && value < 256) {
		*at++ = (uint8_t)value;
		return at;
	}
	*at++ = 0;
	put16(at, value);
	return at + 2;
}

/* What may change only in an uncompressed packet has changed: type of
 * service, fragmentation, time to live, options, header lengths. */
static bool
is_other_kind(const struct slot *slot, const uint8_t *packet, size_t ip,
    size_t all)
{
	const uint8_t *old = slot->header;

	return slot->length != all || slot->ip != ip ||
	    get16(old) != get16(packet) ||
	    get16(old + IP_OFFSET) != get16(packet + IP_OFFSET) ||
	    old[IP_TTL] != packet[IP_TTL] ||
	    memcmp(old + IP_HEADER, packet + IP_HEADER, ip - IP_HEADER) != 0 ||
	    old[ip + TCP_OFFSET] != packet[ip + TCP_OFFSET] ||
	    memcmp(old + ip + TCP_HEADER, packet + ip + TCP_HEADER,
		all - ip - TCP_HEADER) != 0;
}

/*
 * The changes of the TCP header since the slot's, as octets from `at` on.
 * Returns their end; NULL: they cannot be told, or not safely.
 */
static uint8_t *
tcp_changes(const struct slot *slot, const uint8_t *tcp, size_t length,
    uint8_t *at, unsigned *mask)
{
	const uint8_t *old = slot->header + slot->ip;
	uint8_t *const first = at;
	uint32_t data = get16(slot->header + IP_LENGTH) - slot->length;
	uint16_t window = (uint16_t)(get16(tcp + TCP_WINDOW) -
	    get16(old + TCP_WINDOW));
	uint32_t ack = get32(tcp + TCP_ACK) - get32(old + TCP_ACK);
	uint32_t sequence = get32(tcp + TCP_SEQUENCE) -
	    get32(old + TCP_SEQUENCE);
	bool was_urgent = old[TCP_FLAGS] & FLAG_URGENT;

	*mask = 0;
	if (ack > 0xffff || sequence > 0xffff)
		return NULL;
	/* The same data again: the peer may have missed what it would be
	 * told the changes of. */
	if (sequence == 0 && data > 0 && length > slot->length)
		return NULL;
	if (tcp[TCP_FLAGS] & FLAG_URGENT) {
		at = encode(at, get16(tcp + TCP_URGENT));
		*mask |= NEW_U;
	} else if (get16(tcp + TCP_URGENT) != get16(old + TCP_URGENT)) {
		return NULL;
	}
	if (window != 0) {
		at = encode(at, window);
		*mask |= NEW_W;
	}
	if (ack != 0) {
		at = encode(at, (uint16_t)ack);
		*mask |= NEW_A;
	}
	if (sequence != 0) {
		at = encode(at, (uint16_t)sequence);
		*mask |= NEW_S;
	}
	switch (*mask) {
	case SPECIAL_I:
	case SPECIAL_D:
		return NULL; /* they mean something else */
	case 0:
	case NEW_U:
		/* Data behind an acknowledgment is new; all else is the same
		 * again, too. */
		return length != slot->length && data == 0 ? at : NULL;
	case NEW_S | NEW_A:
		if (sequence != ack || sequence != data || was_urgent)
			return at;
		*mask = SPECIAL_I;
		return first;
	case NEW_S:
		if (sequence != data || was_urgent)
			return at;
		*mask = SPECIAL_D;
		return first;
	default:
		return at;
	}
}

/* The packet with all changes told instead of its headers; NULL: it has to go
 * with them. */
static uint8_t *
shrink(struct vj_compressor *vj, uint8_t number, uint8_t *packet,
    size_t *length)
{
	struct slot *slot = &vj->slot[number];
	size_t ip = slot->ip, all = slot->length;
	uint8_t changes[CHANGES_MAX], *at, *out;
	uint8_t *tcp = packet + ip;
	bool named = !vj->slot_ids || vj->last != number;
	uint16_t id = (uint16_t)(get16(packet + IP_ID) -
	    get16(slot->header + IP_ID));
	unsigned mask;
	size_t size;

	at = tcp_changes(slot, tcp, *length, changes, &mask);
	if (at == NULL)
		return NULL;
	if (id != 1) {
		at = encode(at, id);
		mask |= NEW_I;
	}
	if (tcp[TCP_FLAGS] & FLAG_PUSH)
		mask |= PUSH;
	if (named)
		mask |= NEW_C;
	slot_fill(slot, packet, ip, all);
	size = (size_t)(at - changes) + 3 + named;
	out = packet + all - size;
	*length -= all - size;
	/* Before the changes, since they may overlap. */
	put16(out + 1 + named, get16(slot->header + ip + TCP_CHECKSUM));
	memcpy(out + 3 + named, changes, (size_t)(at - changes));
	if (named)
		out[1] = number;
	out[0] = (uint8_t)(COMPRESSED | mask);
	return out;
}

/* A conversation's ordinary segment, whole: that is what can be told by its
 * changes.  Any flag but ACK, PSH and URG excludes it, ECN's too: a peer of
 * 1990 would restore it without. */
static bool
is_compressible(const uint8_t *packet, size_t length, size_t *ip, size_t *all)
{
	if (!headers(packet, length, ip, all) || packet[0] >> 4 != 4 ||
	    packet[IP_PROTOCOL] != PROTOCOL_TCP ||
	    get16(packet + IP_LENGTH) != length ||
	    (get16(packet + IP_OFFSET) & IP_FRAGMENT) != 0)
		return false;
	return (packet[*ip + TCP_FLAGS] & ~(FLAG_PUSH | FLAG_URGENT)) ==
	    FLAG_ACK;
}

uint8_t *
vj_compress(struct vj_compressor *vj, uint8_t *packet, size_t *length)
{
	size_t ip, all;
	uint8_t number, *out;
	bool found;

	if (!is_compressible(packet, *length, &ip, &all))
		return packet;
	number = find_slot(vj, packet, ip, &found);
	if (found && !is_other_kind(&vj->slot[number], packet, ip, all)) {
		out = shrink(vj, number, packet, length);
		if (out != NULL) {
			vj->last = number;
			return out;
		}
	}
	slot_fill(&vj->slot[number], packet, ip, all);
	vj->last = number;
	packet[IP_PROTOCOL] = number;
	packet[0] |= UNCOMPRESSED;
	return packet;
}

/* ---- the decompressor -------------------------------------------------- */

struct vj_decompressor *
vj_decompressor_create(unsigned slots)
{
	struct vj_decompressor *vj = calloc(1,
	    sizeof *vj + slots * sizeof vj->slot[0]);

	if (vj == NULL)
		return NULL;
	vj->slots = slots;
	vj->tossing = true; /* no slot has been named */
	return vj;
}

void
vj_decompressor_destroy(struct vj_decompressor *vj)
{
	free(vj);
}

void
vj_decompressor_error(struct vj_decompressor *vj)
{
	vj->tossing = true;
}

/* What is left of a frame. */
struct reader {
	const uint8_t *at, *end;
	bool ran_out; /* something was asked for that is not there */
};

static uint8_t
take8(struct reader *r)
{
	if (r->at == r->end) {
		r->ran_out = true;
		return 0;
	}
	return *r->at++;
}

static uint16_t
take16(struct reader *r)
{
	uint8_t high = take8(r);

	return (uint16_t)(high << 8 | take8(r));
}

static uint16_t
decode(struct reader *r)
{
	uint8_t value = take8(r);

	return value != 0 ? value : take16(r);
}

static size_t
take_whole(struct vj_decompressor *vj, const uint8_t *frame, size_t length,
    uint8_t *packet, size_t capacity)
{
	size_t ip, all;
	uint8_t number;

	if (length > capacity || !headers(frame, length, &ip, &all))
		return 0;
	number = frame[IP_PROTOCOL];
	if (number >= vj->slots)
		return 0;
	memcpy(packet, frame, length);
	packet[0] &= 0x4f;
	packet[IP_PROTOCOL] = PROTOCOL_TCP;
	if (packet[0] >> 4 != 4 || ip_checksum(packet, ip) != 0 ||
	    get16(packet + IP_LENGTH) < all ||
	    get16(packet + IP_LENGTH) > length)
		return 0;
	slot_fill(&vj->slot[number], packet, ip, all);
	vj->last = number;
	vj->tossing = false;
	return length;
}

/* Apply the changes to a copy of the slot's header. */
static void
change(uint8_t *header, size_t ip, size_t all, unsigned mask,
    struct reader *r)
{
	uint8_t *tcp = header + ip;
	uint32_t data = get16(header + IP_LENGTH) - (uint32_t)all;
	uint32_t ack = 0, sequence = 0;
	uint16_t window = 0, id = 1;

	put16(tcp + TCP_CHECKSUM, take16(r));
	tcp[TCP_FLAGS] &= (uint8_t)~(FLAG_PUSH | FLAG_URGENT);
	if (mask & PUSH)
		tcp[TCP_FLAGS] |= FLAG_PUSH;
	switch (mask & SPECIALS) {
	case SPECIAL_I:
		ack = sequence = data;
		break;
	case SPECIAL_D:
		sequence = data;
		break;
	default:
		if (mask & NEW_U) {
			tcp[TCP_FLAGS] |= FLAG_URGENT;
			put16(tcp + TCP_URGENT, decode(r));
		}
		if (mask & NEW_W)
			window = decode(r);
		if (mask & NEW_A)
			ack = decode(r);
		if (mask & NEW_S)
			sequence = decode(r);
	}
	if (mask & NEW_I)
		id = decode(r);
	put16(tcp + TCP_WINDOW, (uint16_t)(get16(tcp + TCP_WINDOW) + window));
	put32(tcp + TCP_ACK, get32(tcp + TCP_ACK) + ack);
	put32(tcp + TCP_SEQUENCE, get32(tcp + TCP_SEQUENCE) + sequence);
	put16(header + IP_ID, (uint16_t)(get16(header + IP_ID) + id));
}

static size_t
take_changes(struct vj_decompressor *vj, const uint8_t *frame, size_t length,
    uint8_t *packet, size_t capacity)
{
	struct reader r = { frame, frame + length, false };
	unsigned mask = take8(&r);
	uint8_t header[VJ_HEADER_MAX], number = vj->last;
	size_t ip, all, data;

	if (mask & NEW_C)
		number = take8(&r);
	else if (vj->tossing)
		return 0;
	if (number >= vj->slots || vj->slot[number].length == 0)
		return 0;
	ip = vj->slot[number].ip;
	all = vj->slot[number].length;
	memcpy(header, vj->slot[number].header, all);
	change(header, ip, all, mask, &r);
	data = (size_t)(r.end - r.at);
	if (r.ran_out || all + data > capacity)
		return 0;
	put16(header + IP_LENGTH, (uint16_t)(all + data));
	put16(header + IP_CHECKSUM, 0);
	put16(header + IP_CHECKSUM, ip_checksum(header, ip));
	memcpy(packet, header, all);
	memcpy(packet + all, r.at, data);
	memcpy(vj->slot[number].header, header, all);
	vj->last = number;
	vj->tossing = false;
	return all + data;
}

size_t
vj_decompress(struct vj_decompressor *vj, const uint8_t *frame, size_t length,
    uint8_t *packet, size_t capacity)
{
	size_t got = 0;

	if (capacity > UINT16_MAX)
		capacity = UINT16_MAX; /* what IP can say */
	if (length > 0 && vj_type(frame[0]) == VJ_COMPRESSED_TCP)
		got = take_changes(vj, frame, length, packet, capacity);
	else if (length > 0 && vj_type(frame[0]) == VJ_UNCOMPRESSED_TCP)
		got = take_whole(vj, frame, length, packet, capacity);
	if (got == 0)
		vj->tossing = true;
	return got;
}
