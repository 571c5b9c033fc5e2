/*
 * rest_history: a stretch of one symbol's past, page by page from the exchange's REST interface (Binance's documentation): bars by
 * startTime and endTime; aggregated trades by startTime to find the first id, then by fromId behind the last one, so that none is passed over.
 *
 * One owning thread; blocks as binance_rest does. Lends the page's rows until the next page.
 */
#pragma once
#include "binance_rest.h"
#include "rest_rows.h"
#include <stdbool.h>

struct rest_history_want {
	const char *symbol;     /* lent */
	struct given_kind kind; /* bars of any level, or aggregated trades */
	/* Bars that open in [from, to); trades with T in [from, to], whole milliseconds. */
	int64_t from_us, to_us;
};

struct rest_history {
	struct rest_history_want want;
	int64_t next_us; /* bars: the next page begins here */
	int64_t next_id; /* trades: so does it; -1: not known yet */
	bool finished;   /* no further page */
	struct buf page, path;
	struct rest_rows rows;
};

void rest_history_init(struct rest_history *h);
void rest_history_done(struct rest_history *h);
/* `want` is copied. */
void rest_history_begin(struct rest_history *h, const struct rest_history_want *want);
/* Goes on where `next` says, which next_us (bars) or next_id (trades) was when it was interrupted. Behind _begin. */
void rest_history_resume(struct rest_history *h, int64_t next);
/* Gets the next page. Not REST_OK: `e` says why, and the same call goes on from there. An answer that can't be read is REST_REFUSED without an
 * exchange's code. */
must_check enum rest_done rest_history_page(
	struct rest_history *h, struct binance_rest *rest, struct err *e);
/* The page's next row that is wanted. False: there is none. */
bool rest_history_next(struct rest_history *h, struct history_row *row);
