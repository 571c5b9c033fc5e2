/*
 * message: one frame to be sent, shared by the queues of all connections that it goes to.
 *
 * Bytes in front of the text are free for the sender's framing. Counted references, one owning
 * thread.
 */
#pragma once
#include "json_slice.h"

#define MESSAGE_ROOM 32 /* free bytes before `text` */

enum message_kind {
	MESSAGE_TEXT,
	MESSAGE_PING,
	MESSAGE_WIRE, /* bytes that are framed already */
};

struct message {
	unsigned refs;
	enum message_kind kind;
	bool data;    /* an event, no answer or PING */
	size_t chunk; /* of MESSAGE_WIRE: at most so many bytes at once; 0 = all */
	size_t len;
	unsigned char room[MESSAGE_ROOM];
	unsigned char text[];
};

/* A message with one reference, its text a copy of the slices one after the other. NULL: no
 * memory. */
struct message *message_new(enum message_kind kind, const struct slice *parts, size_t count);
struct message *message_keep(struct message *m); /* one reference more; gives `m` */
void message_release(struct message *m);         /* the last reference frees; NULL is nothing */
