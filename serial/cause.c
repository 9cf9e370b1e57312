/*
 * cause.c - why a call ended
 */
#include "serial/cause.h"

static const char *const cause_names[] = {
	[CAUSE_NONE] = "",
	[CAUSE_USER_REQUEST] = "User-Request",
	[CAUSE_LOST_CARRIER] = "Lost-Carrier",
	[CAUSE_IDLE_TIMEOUT] = "Idle-Timeout",
	[CAUSE_SESSION_TIMEOUT] = "Session-Timeout",
	[CAUSE_ADMIN_RESET] = "Admin-Reset",
	[CAUSE_ADMIN_REBOOT] = "Admin-Reboot",
	[CAUSE_PORT_ERROR] = "Port-Error",
	[CAUSE_NAS_ERROR] = "NAS-Error",
	[CAUSE_NAS_REQUEST] = "NAS-Request",
	[CAUSE_SERVICE_UNAVAILABLE] = "Service-Unavailable",
	[CAUSE_USER_ERROR] = "User-Error",
};
_Static_assert(sizeof(cause_names) / sizeof(*cause_names) == CAUSE_COUNT,
    "a name for each cause");

const char *
line_cause_name(enum line_cause cause)
{
	return cause_names[cause];
}
