/*
 * fault_wire: data frames in other forms than they should have, as the bytes that go onto the wire
 * (RFC 6455; a server's frames have no mask).
 *
 * Passive; any thread. NULL: no memory.
 */
#pragma once
#include "fault.h"
#include "message.h"

/* The text frame of `m` as fault `f` of FAULT_FRAGMENTS, CHUNKS, BINARY, UTF8 or MALFORMED wants
 * it. */
struct message *fault_wire_form(const struct fault *f, const struct message *m);
/* The event of FAULT_MEMBER: text of a message, members added at both ends of the (inner) object. */
struct message *fault_wire_member(const struct message *m);
/* A whole frame of `opcode`. */
struct message *fault_wire_frame(int opcode, struct slice payload);
/* A text event of `bytes` bytes. */
struct message *fault_wire_oversized(size_t bytes);
/* A close frame; code 0: an empty one. */
struct message *fault_wire_close(int code, const char *reason);
