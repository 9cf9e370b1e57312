/*
 * direction.h - the two ways through the gateway
 */
#ifndef MASQD_NAT_DIRECTION_H
#define MASQD_NAT_DIRECTION_H

enum direction { OUTBOUND, INBOUND, DIRECTIONS };

#endif
