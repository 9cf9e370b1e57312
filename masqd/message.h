/*
 * message.h - messages of one fixed size over a SEQPACKET socket, each with
 * at most one descriptor
 */
#ifndef MASQD_MESSAGE_H
#define MASQD_MESSAGE_H

#include <stddef.h>

/* Send size octets, and the descriptor where it is not -1 (it stays the
 * caller's), without waiting.  0, or -1 with errno. */
int message_send(int socket, const void *data, size_t size, int descriptor);

enum message {
	MESSAGE_END = -1, /* end of file (errno 0), an error, or a message of
			   * another size (EBADMSG) */
	MESSAGE_NONE,	  /* nothing waits */
	MESSAGE_WHOLE,
	MESSAGE_LOST /* whole, but for its descriptor: this process can have no
		      * more of them */
};

/*
 * Receive one message of exactly size octets without waiting.
 *
 * *descriptor becomes the one that came along, close-on-exec and owned by the
 * caller, or -1.
 */
enum message message_receive(int socket, void *data, size_t size,
    int *descriptor);

#endif
