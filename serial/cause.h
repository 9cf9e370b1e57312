/*
 * cause.h - why a call ended
 */
#ifndef SERIAL_CAUSE_H
#define SERIAL_CAUSE_H

/* RFC 2866 5.10, Acct-Terminate-Cause. */
enum line_cause {
	CAUSE_NONE,
	CAUSE_USER_REQUEST,
	CAUSE_LOST_CARRIER,
	CAUSE_IDLE_TIMEOUT,
	CAUSE_SESSION_TIMEOUT,
	CAUSE_ADMIN_RESET,
	CAUSE_ADMIN_REBOOT,
	CAUSE_PORT_ERROR,
	CAUSE_NAS_ERROR,
	CAUSE_NAS_REQUEST,
	CAUSE_SERVICE_UNAVAILABLE,
	CAUSE_USER_ERROR,
	CAUSE_COUNT
};

/* As RFC 2866 writes it: "Lost-Carrier"; "" for CAUSE_NONE. */
const char *line_cause_name(enum line_cause);

#endif
