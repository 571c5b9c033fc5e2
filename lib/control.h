/*
 * control: the in-band control records: JSON without key, header
 * "control".
 *
 * T: venue time of the last byte read on that connection; all frames of that session before it in
 * the partition have been produced before it. `symbols` is the session's complete set in that
 * partition, present in begin, at changes, and in an alive at least every 60 s.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "event.h"
#include <stdbool.h>
#include <stdint.h>

enum control_kind { CONTROL_BEGIN, CONTROL_ALIVE, CONTROL_ENDED };

#define SESSION_SIZE 64
#define CAUSE_SIZE 16
#define CONTROL_HEADER "control"

#define CONTROL_RUNNING_MAX 256

struct control {
	enum control_kind kind;
	char session[SESSION_SIZE]; /* unique per connection and topic; sorts by its start */
	char collector[SESSION_SIZE];
	int64_t seq;      /* rises by one per session and partition */
	int64_t t_us;     /* T */
	int64_t clock_us; /* venue clock when it was produced */
	double speed; /* venue seconds per wall second; 0 = the clock stands (recording ended) */
	int partition;
	char cause[CAUSE_SIZE]; /* of begin: why nothing was heard just before it; "" = not said */
	bool has_symbols;
	size_t symbol_count;
	char (*symbols)[SYMBOL_SIZE]; /* owned by whoever filled it: control_done */
	/* In an alive, once all that is wanted is heard: all running sessions of this collector on this
	 * topic. Who is subscribed through another one of it is not collected any more. At least one;
	 * none = not said. */
	size_t running_count;
	char (*running)[SESSION_SIZE]; /* owned likewise */
};

void control_done(struct control *c);
/* Appends the JSON text. Times are integer µs members "T" and "clock". */
void control_format(const struct control *c, struct buf *out);
must_check int control_parse(struct control *out, const char *json, size_t len, struct err *e);
