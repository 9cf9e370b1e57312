/* A SLIP caller's session: lease, link, BOOTP, limits. */
#include "slip_session_fixture.h"

/* ---- the line ------------------------------------------------------------ */

static uint8_t sent[8192];
static size_t sent_count, room;

static size_t
line_room(void *context)
{
	assert_ptr_equal(context, &sent);
	return room;
}

static void
line_send(void *context, const uint8_t *octets, size_t n)
{
	assert_ptr_equal(context, &sent);
	assert_in_range(n, 1, room);
	memcpy(sent + sent_count, octets, n);
	sent_count += n;
}

static struct slip_house house = { .config = &config };
static struct slip_setup call;
static struct account_options options;
static struct slip_session *session;
static struct cslip *caller;
static char error[200];

static int
setup(void **state)
{
	(void)state;
	config.callers.gateway = craft_address("10.64.0.1");
	dns[0] = craft_address("198.51.100.1");
	config.slip = (struct config_slip){ 0, 16, COMPRESSION_ADAPTIVE };
	config.callers.ttl_floor = 0;
	pool = pool_create(&range, 1);
	caller = cslip_create(CSLIP_ADAPTIVE, 16);
	call = (struct slip_setup){ .user = "alice", .line = "s1",
		.device = "/dev/ttyS1", .caller = "5551234", .rate = 33600,
		.room = line_room, .send = line_send, .context = &sent };
	options = (struct account_options){ .given = 0 };
	guests = came_count = 0;
	sent_count = 0;
	room = sizeof sent;
	no_room = has_call = false;
	return 0;
}

static void
end(void)
{
	slip_session_end(session, "test over", 0);
	session = NULL;
}

static int
teardown(void **state)
{
	(void)state;
	if (session != NULL)
		end();
	assert_int_equal(pool_lent(pool), 0);
	assert_int_equal(guests, 0);
	assert_null(place.link);
	pool_destroy(pool);
	cslip_destroy(caller);
	return 0;
}

static void
begin(void)
{
	session = slip_session_begin(&house, &call, 1000, error,
	    sizeof error);
	if (session == NULL)
		fail_msg("%s", error);
}

static void
refused(const char *word)
{
	assert_null(slip_session_begin(&house, &call, 1000, error,
	    sizeof error));
	if (strstr(error, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, error);
}

/* The caller sends a datagram. */
static void
from_caller(const struct packet *packet)
{
	uint8_t copy[2048], octets[4096];
	size_t n;

	memcpy(copy, packet->data, packet->length);
	n = cslip_send(caller, copy, packet->length, octets);
	slip_session_octets(session, octets, n / 2, 2000);
	slip_session_octets(session, octets + n / 2, n - n / 2, 2000);
}

static enum verdict
to_caller(struct packet *packet)
{
	struct packet *one[1] = { packet };

	sent_count = 0;
	link_send(place.link, one, 1);
	return packet->verdict;
}

/* The first datagram that the caller finds in what was sent. */
static size_t
received(uint8_t *packet)
{
	size_t at = 0, length = 0;

	while (at < sent_count && length == 0)
		at += cslip_receive(caller, sent + at, sent_count - at,
		    packet, &length);
	return length;
}

static void
test_begin_and_end(void **state)
{
	struct session_view shown;

	(void)state;
	begin();
	assert_int_equal(slip_session_address(session),
	    craft_address("10.64.0.2"));
	assert_int_equal(slip_session_mtu(session), 1006);
	assert_int_equal(place.first, 0x0a400002);
	assert_int_equal(place.link->fd, -1);
	assert_int_equal(place.link->mtu, 1006);
	assert_int_equal(guests, 1);
	guest->view(guest, &shown);
	assert_string_equal(shown.user, "alice");
	assert_string_equal(shown.line, "s1");
	assert_string_equal(shown.device, "/dev/ttyS1");
	assert_string_equal(shown.caller, "5551234");
	assert_string_equal(shown.interface, "slip");
	assert_string_equal(shown.protocol, "slip");
	assert_int_equal(shown.address, craft_address("10.64.0.2"));
	assert_true(shown.up);
	assert_int_equal(shown.since_ms, 1000);
	assert_ptr_equal(shown.place, &place);
	assert_int_equal(sent_count, 0); /* the text comes first */
}

static void
test_mtu(void **state)
{
	static const struct {
		uint32_t rate, configured, mtu;
	} rows[] = { { 0, 0, 1006 }, { 9600, 0, 296 }, { 9601, 0, 1006 },
		{ 1200, 0, 296 }, { 115200, 0, 1006 }, { 1200, 576, 576 },
		{ 33600, 1500, 1500 } };

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		call.rate = rows[i].rate;
		config.slip.mtu = rows[i].configured;
		begin();
		assert_int_equal(slip_session_mtu(session), rows[i].mtu);
		end();
	}
}

static void
test_addresses(void **state)
{
	in_addr_t other;

	(void)state;
	call.address = craft_address("10.64.0.251"); /* outside of the pool */
	begin();
	assert_int_equal(slip_session_address(session), call.address);
	refused("10.64.0.251 is lent");
	end();
	begin();
	end();
	other = pool_take(pool, 0);
	call.address = other;
	refused("10.64.0.2 is lent");
	call.address = 0;
	begin();
	refused("exhausted: 2 of 2");
	pool_release(pool, other);
}

static void
test_no_room_at_the_gateway(void **state)
{
	(void)state;
	no_room = true;
	refused("no room");
}

static void
test_what_the_account_forbids(void **state)
{
	(void)state;
	has_call = true;
	options.given = ACCOUNT_ONE_CALL;
	call.options = &options;
	refused("has a call already");
	options.given = ACCOUNT_PROTOCOLS;
	options.protocols = ACCOUNT_PPP | ACCOUNT_CSLIP;
	refused("not for slip");
	call.compressed = true;
	begin();
}

static void
test_options(void **state)
{
	(void)state;
	config.callers.ttl_floor = 32;
	begin();
	assert_false(clear_df);
	assert_int_equal(ttl_floor, 32);
	end();
	options = (struct account_options){ .given = ACCOUNT_CLEAR_DF |
		ACCOUNT_TTL_FLOOR | ACCOUNT_FLOWS, .ttl_floor = 64,
		.max_flows = 7 };
	call.options = &options;
	begin();
	assert_int_equal(limits, 7);
	assert_true(clear_df);
	assert_int_equal(ttl_floor, 64);
}

static void
test_packets_both_ways(void **state)
{
	struct craft c;
	uint8_t got[CSLIP_RECEIVE_MAX];

	(void)state;
	begin();
	from_caller(craft_udp(&c, "10.64.0.2", 5000, "203.0.113.80", 53,
	    "\xc0 question"));
	assert_int_equal(came_count, 1);
	assert_int_equal(came.verdict, PASS);
	assert_int_equal(came.length, c.p.length);
	assert_memory_equal(came_octets, c.octets, c.p.length);
	assert_int_equal(to_caller(craft_udp(&c, "203.0.113.80", 53,
	    "10.64.0.2", 5000, "\xdb answer")), PASS);
	assert_int_equal(received(got), c.p.length);
	assert_memory_equal(got, c.octets, c.p.length);
}

static void
test_what_does_not_parse_is_counted_by_the_gateway(void **state)
{
	(void)state;
	begin();
	slip_session_octets(session, (const uint8_t *)"E no\xc0", 5, 2000);
	assert_int_equal(came_count, 1);
	assert_int_not_equal(came.verdict, PASS);
}

static void
test_nothing_is_compressed_that_is_not_sent(void **state)
{
	struct craft c;
	uint8_t got[CSLIP_RECEIVE_MAX];

	(void)state;
	call.compressed = true;
	begin();
	assert_int_equal(to_caller(craft_tcp(&c, "203.0.113.80", 80,
	    "10.64.0.2", 1025, TH_ACK, 1000, 1)), PASS);
	assert_int_equal(received(got), 40);
	room = 81;
	assert_int_equal(to_caller(craft_tcp(&c, "203.0.113.80", 80,
	    "10.64.0.2", 1025, TH_ACK, 1001, 1)), DROP_LINK_BUSY);
	assert_int_equal(sent_count, 0);
	room = 82;
	assert_int_equal(to_caller(craft_tcp(&c, "203.0.113.80", 80,
	    "10.64.0.2", 1025, TH_ACK, 1002, 1)), PASS);
	assert_in_range(sent_count, 6, 10);
	assert_int_equal(received(got), 40);
	craft_tcp(&c, "203.0.113.80", 80, "10.64.0.2", 1025, TH_ACK, 1002, 1);
	assert_memory_equal(got, c.octets, 40);
}

static void
test_too_long_a_packet(void **state)
{
	struct craft c;

	(void)state;
	call.rate = 2400;
	begin();
	craft_ip(&c, IPPROTO_UDP, "203.0.113.80", "10.64.0.2", 309);
	c.octets[20 + 4] = 1;
	c.octets[20 + 5] = 53;
	assert_int_equal(to_caller(craft_done(&c)), DROP_TOO_BIG);
	assert_int_equal(sent_count, 0);
}

static void
test_compression(void **state)
{
	static const struct {
		enum config_compression configured;
		bool asked, no_vj;
		enum cslip_mode mode;
	} rows[] = {
		{ COMPRESSION_ADAPTIVE, false, false, CSLIP_ADAPTIVE },
		{ COMPRESSION_ADAPTIVE, true, false, CSLIP_COMPRESSED },
		{ COMPRESSION_ADAPTIVE, true, true, CSLIP_PLAIN },
		{ COMPRESSION_ADAPTIVE, false, true, CSLIP_PLAIN },
		{ COMPRESSION_OFF, false, false, CSLIP_PLAIN },
		{ COMPRESSION_OFF, true, false, CSLIP_COMPRESSED },
		{ COMPRESSION_ON, false, false, CSLIP_COMPRESSED },
		{ COMPRESSION_ON, false, true, CSLIP_PLAIN },
	};
	struct session_view shown;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		config.slip.compression = rows[i].configured;
		call.compressed = rows[i].asked;
		options.given = rows[i].no_vj ? ACCOUNT_NO_VJ : 0;
		call.options = &options;
		begin();
		assert_int_equal(mode_of(session), rows[i].mode);
		guest->view(guest, &shown);
		assert_string_equal(shown.protocol,
		    rows[i].mode == CSLIP_COMPRESSED ? "cslip" : "slip");
		end();
	}
}

static void
ask(struct craft *c)
{
	uint8_t *udp = craft_ip(c, IPPROTO_UDP, "0.0.0.0", "255.255.255.255",
	    308);

	craft_put(udp, 68);
	craft_put(udp + 2, 67);
	craft_put(udp + 4, 308);
	udp[8] = 1;
	from_caller(craft_done(c));
}

static void
test_bootp(void **state)
{
	struct craft c;
	struct packet p;
	uint8_t got[CSLIP_RECEIVE_MAX];

	(void)state;
	begin();
	ask(&c);
	assert_int_equal(came_count, 0);
	assert_int_equal(received(got), BOOTP_REPLY);
	assert_int_equal(packet_parse(&p, got, BOOTP_REPLY, sizeof got), PASS);
	assert_true(craft_sums_right(got));
	assert_int_equal(p.source, config.callers.gateway);
	assert_memory_equal(got + 28 + 16, "\x0a\x40\0\2\x0a\x40\0\1", 8);
	assert_memory_equal(got + 28 + 236, "\x63\x82\x53\x63\1\4\xff\xff\xff"
	    "\0\3\4\x0a\x40\0\1\6\4\xc6\x33\x64\1\xff", 23);
	room = 100; /* asked for again later */
	sent_count = 0;
	ask(&c);
	assert_int_equal(sent_count, 0);
	assert_int_equal(came_count, 0);
}

static void
test_bootp_is_answered_whole_at_every_rate(void **state)
{
	static const struct {
		uint32_t rate, configured;
	} rows[] = { { 9600, 0 }, { 300, 0 }, { 33600, 296 }, { 33600, 68 } };
	struct craft c;
	uint8_t got[CSLIP_RECEIVE_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		call.rate = rows[i].rate;
		config.slip.mtu = rows[i].configured;
		begin();
		sent_count = 0;
		ask(&c);
		assert_int_equal(received(got), BOOTP_REPLY);
		end();
	}
}

static void
test_all_goes_through_the_queue(void **state)
{
	struct craft c;

	(void)state;
	call.queue = make_queue;
	call.queue_context = &queue;
	begin();
	assert_ptr_equal(place.link, &queue);
	assert_int_equal(to_caller(craft_udp(&c, "203.0.113.80", 53,
	    "10.64.0.2", 5000, "?")), PASS);
	assert_int_equal(queued, 1);
	ask(&c);
	assert_int_equal(heard, 328);
	assert_int_equal(queued, 2);
	end();
	assert_null(behind_queue);
	no_room = true;
	refused("no room");
	assert_null(behind_queue);
}

static void
test_netmasks(void **state)
{
	(void)state;
	assert_int_equal(netmask_of(craft_address("10.64.0.2"),
	    craft_address("10.64.0.250")), craft_address("255.255.255.0"));
	assert_int_equal(netmask_of(craft_address("10.64.1.2"),
	    craft_address("10.64.0.1")), craft_address("255.255.254.0"));
	assert_int_equal(netmask_of(craft_address("10.64.1.2"),
	    craft_address("192.168.0.1")), 0);
}

static void
test_limits(void **state)
{
	struct craft c;

	(void)state;
	begin();
	assert_int_equal(slip_session_limit(session, 900999), SLIP_NO_LIMIT);
	assert_int_equal(slip_session_limit(session, 901000), SLIP_IDLE);
	from_caller(craft_udp(&c, "10.64.0.2", 5000, "203.0.113.80", 53, "?"));
	assert_int_equal(slip_session_limit(session, 901000), SLIP_NO_LIMIT);
	assert_int_equal(slip_session_limit(session, 1800999), SLIP_NO_LIMIT);
	place.packets_in++; /* towards the caller: he may be gone */
	assert_int_equal(slip_session_limit(session, 1801000), SLIP_IDLE);
	end();
	options = (struct account_options){ .given = ACCOUNT_IDLE |
		ACCOUNT_SESSION, .idle = 0, .session = 60 };
	call.options = &options;
	begin();
	options.session = 1; /* it was copied */
	place.packets_out = 1;
	assert_int_equal(slip_session_limit(session, 60999), SLIP_NO_LIMIT);
	assert_int_equal(slip_session_limit(session, 61000), SLIP_TIME_OVER);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_begin_and_end),
		TEST(test_mtu),
		TEST(test_addresses),
		TEST(test_no_room_at_the_gateway),
		TEST(test_what_the_account_forbids),
		TEST(test_options),
		TEST(test_packets_both_ways),
		TEST(test_what_does_not_parse_is_counted_by_the_gateway),
		TEST(test_nothing_is_compressed_that_is_not_sent),
		TEST(test_too_long_a_packet),
		TEST(test_compression),
		TEST(test_bootp),
		TEST(test_bootp_is_answered_whole_at_every_rate),
		TEST(test_all_goes_through_the_queue),
		TEST(test_netmasks),
		TEST(test_limits),
	};

	log_open(true, LOG_LEVEL_ERROR);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
