/*
 * chart_head: what every answer about a symbol, or about the venue, begins with: identity, freshness, revision, cursor.
 */
#pragma once
#include "chart_reader.h"
#include "chart_state.h"
#include "chart_window.h"
#include "cursor.h"
#include <stdbool.h>
#include <stdint.h>

struct chart_head {
	const char *venue; /* lent by the reader */
	int64_t epoch, generation;
	struct chart_times times; /* as_of and first candle -1: not known (yet) */
	struct chart_feed feed;
	struct chart_freshness fresh;
	/* Of the symbol alone: */
	int partition;
	bool heard; /* there is a session, so that something may be stored that is not settled */
	int64_t revision; /* up to which this answer tells of everything: chart_head_read_revision */
	int64_t newest_revision;   /* of its partition at the snapshot */
	int64_t since_us;          /* its first subscription, or what was given first; -1: none */
	struct chart_basis *basis; /* lent by the reader: what is noted of the answer */
};

/* Both within a snapshot. 0, or -1: the answer is filled: the venue is not there yet (503), the symbol is unknown (400, -1121), or as
 * chart_reader_query. */
must_check int chart_head_read(struct chart_reader *r, const char *symbol, struct chart_head *out);
must_check int chart_head_read_venue(struct chart_reader *r, struct chart_head *out);
/* Lowers `revision`, the newest until then: a closed second is stored before it is settled, and answered only then, so whoever asks for changes
 * must be told of it. Wherever the revision is printed; its statement is planned by value (chart_reader_plan_by_value). */
must_check int chart_head_read_revision(
	struct chart_reader *r, struct chart_head *h, const char *symbol);
void chart_head_expect_revision(
	struct chart_reader *r, const struct chart_head *h, const char *symbol);
/* The cursor from which `live` sends every second from the answer's open.from on. */
must_check int chart_head_cursor(
	struct chart_reader *r, const struct chart_head *h, struct cursor *out);
/* Sets the tag of an answer to `rq` that is made from this: of its query, the newest revision, and the state. Whether If-None-Match names
 * it; the answer is filled then (304). */
bool chart_head_unchanged(const struct chart_head *h, const struct request *rq, struct answer *a);

/* That chart_head_cursor will be called in this snapshot (chart_reader_expect). */
void chart_head_expect_cursor(struct chart_reader *r, const struct chart_head *h);

/* Appends ,"as_of":...,"lag_ms":...,"state":...[,"ended":true] (null where not known). */
void chart_head_add_freshness(struct buf *b, const struct chart_head *h);
/* Appends microseconds as ms, rounded down; negative: null. */
void chart_head_add_ms(struct buf *b, int64_t us);
