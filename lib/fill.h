/*
 * fill: the in-band records by which the back-fill tells the sink how the repair of a gap stands: JSON in the `.history` topic that fills
 * it, in the symbol's partition, without key, header "control" = "fill".
 *
 * `repairing` comes before the data; `done` behind it, when all data of the gap is acknowledged or ahead of it in the same partition;
 * `unrepairable` when the exchange has nothing to give. The sink alone writes the gap's row. Plain values; any thread.
 */
#pragma once
#include "buf.h"
#include "control.h"
#include "err.h"
#include "event.h"
#include <stdint.h>

#define FILL_HEADER_VALUE "fill" /* of the header CONTROL_HEADER */
#define FILL_REASON_SIZE 200

enum fill_state { FILL_REPAIRING, FILL_DONE, FILL_UNREPAIRABLE };

struct fill {
	char symbol[SYMBOL_SIZE];
	enum stream_kind stream; /* the gap's, which need not be the topic's */
	int64_t from_us, to_us;
	char cause[CAUSE_SIZE]; /* symbol, stream, from and cause are the gap row's key */
	enum fill_state state;
	char reason[FILL_REASON_SIZE]; /* of unrepairable; "" = none */
	int64_t rows;                  /* of done: how many rows fill it; else 0 */
	int64_t first_id, last_id;     /* the ids that were asked for, -1 = none */
	int64_t rows_from_us,
		rows_to_us; /* where rows are looked for: the gap, and where its ids may lie beyond it */
};

const char *fill_state_name(enum fill_state s); /* "repairing" "done" "unrepairable" */
/* Through which stream's history a gap of `stream` is filled: kline_1s or aggTrade. */
enum stream_kind fill_through(enum stream_kind stream);
/* Appends the JSON text. Times are integer µs. */
void fill_format(const struct fill *f, struct buf *out);
/* Where rows are looked for may be absent: within the gap. -1: `e` names the member, `out` untouched. */
must_check int fill_parse(struct fill *out, const char *json, size_t len, struct err *e);
