#include "turn.h"

#include <arpa/inet.h>

#include "aim.h"
#include "model.h"

enum { PORTS = 8 /* that are forwarded, and as many inside */ };

void
turn_uplink(struct gateway *gateway)
{
	/* check.c knows them */
	static const char *const addresses[] = { "192.0.2.1", "192.0.2.2",
		"192.0.2.3" };

	if (throw_once_in(3))
		input.outside = 0;
	else if (throw_once_in(3))
		input.outside = input.last_outside;
	else
		input.outside = inet_addr(addresses[throw_draw(3)]);
	if (input.outside != 0)
		input.last_outside = input.outside;
	gateway_set_address(gateway, input.outside, 0, input.now);
}

/* False: nobody is there. */
static bool
aim_at(struct gateway *gateway, const struct place *place,
    struct nat_target *target, struct model_end *end)
{
	uint32_t host = place->first;
	int32_t slot;

	if (!place->there)
		return false;
	if (place->first != place->last)
		host += 1 + throw_draw(AIM_HOSTS);
	slot = gateway_slot(gateway, htonl(host), input.now);
	if (slot == PACKET_NO_CALLER)
		return false;
	*target = (struct nat_target){ htonl(host),
		htons((uint16_t)(5000 + throw_draw(PORTS))), (uint32_t)slot };
	*end = (struct model_end){ .address = target->address,
		.port = target->port, .session = place->session };
	return true;
}

void
turn_forward(struct gateway *gateway, const struct place *places, unsigned n)
{
	struct nat_target targets[NAT_TARGETS];
	struct model_end ends[NAT_TARGETS];
	uint8_t protocol = throw_once_in(2) ? IPPROTO_TCP : IPPROTO_UDP;
	in_port_t port = htons((uint16_t)(CHECK_PORT_LOW + throw_draw(PORTS)));
	size_t count = 0;

	if (throw_once_in(3)) {
		nat_forward_remove(gateway_nat(gateway), protocol, port);
		return;
	}
	for (uint32_t wanted = throw_draw(4); count < wanted; count++)
		if (!aim_at(gateway, &places[throw_draw(n)], &targets[count],
			&ends[count]))
			break;
	if (!nat_forward_add(gateway_nat(gateway), protocol, port, targets,
		count))
		return;
	for (size_t i = 0; i < count; i++) {
		ends[i].protocol = protocol;
		model_forward(&ends[i], port);
	}
}
