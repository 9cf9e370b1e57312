/*
 * slip_session_fixture.h - what a SLIP session stands on, made of paper: the
 * gateway, the other sessions, a queue
 */
#ifndef MASQD_TESTS_SLIP_SESSION_FIXTURE_H
#define MASQD_TESTS_SLIP_SESSION_FIXTURE_H

#include <stdio.h>

#include "craft.h"
#include "masqd/slip.c"

/* ---- the house around it ------------------------------------------------- */

static const struct config_range range = { 0x0a400002, 0x0a400003 };
static in_addr_t dns[1];
static struct config config = { .callers = { .idle_timeout = 900,
	.dns = dns, .dns_count = 1 } };
static struct pool *pool;
static const struct session_guest *guest; /* the last one that joined */
static unsigned guests;
static struct gateway_link place; /* of the one link there is */
static bool no_room, has_call, clear_df;
static uint8_t ttl_floor;
static uint32_t limits;

struct pool *
sessions_pool(const struct sessions *all)
{
	(void)all;
	return pool;
}

void
sessions_join(struct sessions *all, struct session_guest *one)
{
	(void)all;
	guest = one;
	guests++;
}

void
sessions_leave(struct sessions *all, struct session_guest *one)
{
	(void)all;
	assert_ptr_equal(one, guest);
	guests--;
}

struct gateway_link *
gateway_link_add(struct gateway *gateway, struct link *link,
    in_addr_t address, uint32_t first, uint32_t last, const char *user,
    uint64_t now)
{
	(void)gateway;
	if (no_room)
		return NULL;
	assert_int_equal(first, last);
	place = (struct gateway_link){ .link = link, .gateway = address,
		.first = first, .last = last, .user = user, .last_ms = now };
	return &place;
}

void
gateway_link_remove(struct gateway *gateway, struct gateway_link *at,
    uint64_t now)
{
	(void)gateway;
	(void)now;
	assert_ptr_equal(at, &place);
	place.link = NULL;
}

void
gateway_caller_options(struct gateway_link *at, bool df, uint8_t floor)
{
	assert_ptr_equal(at, &place);
	clear_df = df;
	ttl_floor = floor;
}

int32_t
gateway_user_slot(struct gateway *gateway, const char *user)
{
	(void)gateway;
	assert_string_equal(user, "alice");
	return has_call ? 5 : PACKET_NO_CALLER;
}

void
gateway_caller_limits(struct gateway *gateway, struct gateway_link *at,
    uint32_t mappings, uint32_t flows, uint32_t new_flows)
{
	(void)gateway;
	assert_ptr_equal(at, &place);
	limits = mappings + flows + new_flows;
}

static struct packet came;
static uint8_t came_octets[2048];
static unsigned came_count;

void
gateway_from_link(struct gateway *gateway, struct gateway_link *at,
    struct packet *packets, size_t n, uint64_t now)
{
	(void)gateway;
	(void)now;
	assert_ptr_equal(at, &place);
	assert_int_equal(n, 1);
	came = packets[0];
	memcpy(came_octets, packets[0].data, packets[0].length);
	came_count++;
	place.packets_out++;
}

/* ---- a queue before the link --------------------------------------------- */

static struct link queue, *behind_queue;
static unsigned queued, heard;

static size_t
queue_send(struct link *link, struct packet *const *packets, size_t n)
{
	assert_ptr_equal(link, &queue);
	queued += (unsigned)n;
	return link_send(behind_queue, packets, n);
}

static void
queue_close(struct link *link)
{
	assert_ptr_equal(link, &queue);
	link_close(behind_queue);
	behind_queue = NULL;
}

static struct link *
make_queue(void *context, const char *line, struct link *inner)
{
	static const struct link_ops ops = { .send = queue_send,
		.close = queue_close };

	assert_ptr_equal(context, &queue);
	assert_string_equal(line, "s1");
	behind_queue = inner;
	queue = (struct link){ .ops = &ops, .fd = -1, .mtu = inner->mtu };
	return &queue;
}

void
queue_link_heard(struct link *link, const uint8_t *data, size_t length)
{
	assert_ptr_equal(link, &queue);
	assert_int_equal(data[0], 0x45);
	heard += (unsigned)length;
}

#endif
