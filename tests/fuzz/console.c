/*
 * console.c - fuzz what the verbs of the control socket make of a request
 *
 * The input is requests, each ended by a NUL, served by the real verbs over a
 * real gateway with one caller and its forwards.  An answer is JSON, a refusal
 * one sentence.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "masqd/console/console.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct config_range pool = { 0x0a400002, 0x0a4000fa };
static struct config config = {
	.uplink = { .kind = UPLINK_SOCKET, .port_low = 61000,
	    .port_high = 61007 },
	.callers = { .pool = &pool, .pool_count = 1, .max_mappings = 6,
	    .max_flows = 10, .new_flows = 5 },
	.nat = { .udp = 30, .icmp = 5, .tcp_established = 200,
	    .tcp_transitory = 20, .fragment = 3, .max_mappings = 12,
	    .max_flows = 24 },
};

static void
must(bool true_or_bug)
{
	if (!true_or_bug)
		abort();
}

static size_t
uplink_take(struct uplink *uplink, struct packet *const *packets, size_t n)
{
	(void)uplink;
	(void)packets;
	return n;
}

static size_t
link_take(struct link *link, struct packet *const *packets, size_t n)
{
	(void)link;
	(void)packets;
	return n;
}

static struct hold *hold;

static const struct link_ops link_ops = { .send = link_take };
static const struct uplink_ops uplink_ops = { .send = uplink_take };

static void
open_console(struct console *console)
{
	static const uint8_t key[16] = "a key for fuzz";
	static struct uplink uplink = { .ops = &uplink_ops, .fd = -1,
		.mtu = 1500 };
	static struct link link = { .ops = &link_ops, .fd = -1, .mtu = 1500 };
	static uv_loop_t loop;
	struct gateway_setup setup = { .config = &config, .uplink = &uplink,
		.address = inet_addr("192.0.2.1"), .key = key };
	const struct hold_setup holds = { .low = 61000, .high = 61007,
		.key = key };

	hold = hold_create(&holds);
	must(hold != NULL);
	setup.ops.port_free = hold_port_free;
	setup.ops.context = hold;
	config.callers.gateway = inet_addr("10.64.0.1");
	uv_loop_init(&loop);
	*console = (struct console){ .loop = &loop, .config = &config,
		.gateway = gateway_create(&setup), .uplink = &uplink,
		.address = setup.address };
	must(console->gateway != NULL);
	hold_start(hold, gateway_nat(console->gateway));
	must(gateway_link_add(console->gateway, &link,
		 config.callers.gateway, 0x0a400002, 0x0a400002, "alice",
		 1) != NULL);
}

static void
serve(struct console *console, const json_t *request)
{
	const char *method = json_string_value(json_object_get(request,
	    "method"));
	json_t *parameters = json_object_get(request, "parameters");
	char error[512] = "";

	if (method == NULL ||
	    (parameters != NULL && !json_is_object(parameters)))
		return;
	for (const struct control_verb *verb = console_verbs;
	     verb->name != NULL; verb++) {
		json_t *answer;

		if (strcmp(verb->name, method) != 0)
			continue;
		answer = verb->run(console, parameters, error, sizeof error);
		must(answer != NULL || *error != '\0');
		must(memchr(error, '\0', sizeof error) != NULL);
		json_decref(answer);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static struct console console;
	struct forward_setup setup = { .config = &config };

	if (console.gateway == NULL)
		open_console(&console);
	setup.gateway = console.gateway;
	setup.hold = hold;
	console.forwards = forwards_create(&setup, 1000);
	must(console.forwards != NULL);
	while (n > 0) {
		const uint8_t *end = memchr(input, '\0', n);
		size_t length = end == NULL ? n : (size_t)(end - input);
		json_t *request = json_loadb((const char *)input, length,
		    JSON_REJECT_DUPLICATES, NULL);

		serve(&console, request);
		json_decref(request);
		length += end != NULL;
		input += length;
		n -= length;
	}
	forwards_destroy(console.forwards);
	console.forwards = NULL;
	return 0;
}
