/*
 * line_house.c - what a line is told to need, and what it asked for; a part of
 * line_sim.c
 */
#ifndef TESTS_UNIT_LINE_HOUSE_C
#define TESTS_UNIT_LINE_HOUSE_C

static struct house {
	unsigned starts, stops, changes, done;
	bool no_pppd, stop_is_sync;
	struct line *changed; /* hung up from within `changed` */
	enum line_state at;
	char caller[40], user[40], password[40];
	unsigned ptys, checks, finds, slips, slip_ends;
	bool no_slip, no_answer, compressed, locked;
	enum line_cause slip_cause;
	char octets[8192];
	size_t count;
	char trace[4096];
} house;

static void
house_start(void *context, struct line *line, const char *caller,
    const char *user)
{
	assert_ptr_equal(context, &house);
	house.starts++;
	snprintf(house.caller, sizeof(house.caller), "%s", caller);
	snprintf(house.user, sizeof(house.user), "%s", user);
	if (house.no_pppd)
		line_ppp_ended(line, CAUSE_SERVICE_UNAVAILABLE);
}

static void
house_stop(void *context, struct line *line)
{
	assert_ptr_equal(context, &house);
	house.stops++;
	if (house.stop_is_sync)
		line_ppp_ended(line, CAUSE_NONE);
}

static void
house_changed(void *context, struct line *line, enum line_state before)
{
	struct line_status status;

	assert_ptr_equal(context, &house);
	line_status(line, &status);
	house.changes++;
	if (strlen(house.trace) > sizeof(house.trace) - 40)
		house.trace[0] = '\0';
	strcat(strcat(house.trace, line_state_name(status.state)), " ");
	(void)before;
	if (house.changed == line && status.state == house.at)
		line_hangup(line, CAUSE_ADMIN_RESET);
}

static void
house_pty_open(void *context, struct line *line)
{
	assert_ptr_equal(context, &house);
	assert_non_null(line);
	house.ptys++;
}

static void
house_lock(void *context, struct line *line, bool lock)
{
	assert_ptr_equal(context, &house);
	assert_non_null(line);
	house.locked = lock;
}

static void
house_check(void *context, struct line *line, const char *user,
    const char *password)
{
	assert_ptr_equal(context, &house);
	assert_non_null(line);
	snprintf(house.user, sizeof(house.user), "%s", user);
	if (password == NULL) {
		house.finds++;
		if (!house.no_answer)
			line_checked(line, true, 0, 0);
		return;
	}
	house.checks++;
	snprintf(house.password, sizeof(house.password), "%s", password);
}

static bool
house_slip_begin(void *context, struct line *line, const char *user,
    bool compressed, struct line_slip *terms)
{
	assert_ptr_equal(context, &house);
	assert_non_null(line);
	house.slips++;
	house.compressed = compressed;
	snprintf(house.user, sizeof(house.user), "%s", user);
	terms->peer = htonl(0x0a400007);
	terms->gate = htonl(0x0a400001);
	terms->mtu = 1006;
	return !house.no_slip;
}

static void
house_slip_octets(void *context, struct line *line, const uint8_t *octets,
    size_t count)
{
	assert_ptr_equal(context, &house);
	assert_non_null(line);
	assert_true(count <= sizeof(house.octets) - house.count);
	memcpy(house.octets + house.count, octets, count);
	house.count += count;
}

static void
house_slip_end(void *context, struct line *line, enum line_cause cause)
{
	assert_ptr_equal(context, &house);
	assert_non_null(line);
	house.slip_ends++;
	house.slip_cause = cause;
}

static void
house_done(void *context)
{
	((struct house *)context)->done++;
}

#endif
