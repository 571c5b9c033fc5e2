#include "chart_head.h"
#include "chart_endpoint.h"
#include "chart_etag.h"
#include "clock.h"
#include "pg_queries.h"
#include "problem.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t int_or_unknown(const PGresult *r, int column)
{
	return PQgetisnull(r, 0, column) ? -1 : pg_int(r, 0, column);
}

/* Four columns from `column` on: clock_us, alive_us, speed, ended. */
static struct chart_feed read_feed(const PGresult *r, int column)
{
	struct chart_feed f = {.known = !PQgetisnull(r, 0, column)};

	if (f.known) {
		f.clock_us = pg_int(r, 0, column);
		f.alive_us = pg_int(r, 0, column + 1);
		f.speed = strtod(PQgetvalue(r, 0, column + 2), NULL);
		f.ended = *PQgetvalue(r, 0, column + 3) == 't';
	}
	return f;
}

static void refuse_venue(struct chart_reader *r, struct answer *a)
{
	problem_answer(a, PROBLEM_UNAVAILABLE, "Nothing was collected of venue '%s' yet.",
		chart_reader_venue(r));
	chart_reader_end(r);
}

/* Notes what the answer is made from. */
static void note(struct chart_reader *r, struct chart_head *h, int partition, int64_t revision)
{
	struct chart_basis *b = chart_reader_basis(r);

	b->mixed = b->known;
	b->known = true;
	b->venue = h->venue;
	b->partition = partition;
	b->epoch = h->epoch;
	b->generation = h->generation;
	b->revision = revision;
	b->feed = h->feed;
	b->fresh = h->fresh;
	b->as_of_us = h->times.as_of_us;
	b->settle_us = h->times.settle_us;
	b->body = &chart_reader_answer(r)->body;
	h->basis = b;
}

int chart_head_read(struct chart_reader *r, const char *symbol, struct chart_head *out)
{
	struct chart_head h = {.venue = chart_reader_venue(r)};
	struct chart_params p = {0};
	struct answer *a = chart_reader_answer(r);
	PGresult *rows;

	chart_params_text(&p, h.venue);
	chart_params_text(&p, symbol);
	if (chart_reader_query(r, "chart_head", sql_chart_head, &p, &rows) != 0)
		return -1;
	if (PQntuples(rows) == 0) {
		refuse_venue(r, a);
		goto fail;
	}
	if (PQgetisnull(rows, 0, 3)) {
		problem_answer(a, PROBLEM_BAD_SYMBOL,
			"Parameter 'symbol': '%s' is not collected at venue '%s'.", symbol,
			h.venue);
		chart_reader_end(r);
		goto fail;
	}
	h.epoch = pg_int(rows, 0, 0);
	h.generation = pg_int(rows, 0, 1);
	h.times.settle_us = pg_int(rows, 0, 2);
	h.partition = (int)pg_int(rows, 0, 3);
	h.times.first_us = int_or_unknown(rows, 4);
	h.times.as_of_us = int_or_unknown(rows, 5);
	h.since_us = int_or_unknown(rows, 6);
	h.feed = read_feed(rows, 7);
	h.heard = !PQgetisnull(rows, 0, 11);
	h.times.settled_us = h.heard ? pg_int(rows, 0, 11) : h.times.as_of_us;
	h.newest_revision = int_or_unknown(rows, 12);
	h.revision = h.newest_revision;
	h.fresh = chart_state_of(h.venue, &h.feed, h.times.as_of_us, clock_wall_us());
	note(r, &h, h.partition, h.newest_revision);
	PQclear(rows);
	*out = h;
	return 0;
fail:
	PQclear(rows);
	return -1;
}

int chart_head_read_venue(struct chart_reader *r, struct chart_head *out)
{
	struct chart_head h = {.venue = chart_reader_venue(r), .since_us = -1};
	struct chart_params p = {0};
	struct answer *a = chart_reader_answer(r);
	PGresult *rows;

	chart_params_text(&p, h.venue);
	if (chart_reader_query(r, "chart_venue", sql_chart_venue, &p, &rows) != 0)
		return -1;
	if (PQntuples(rows) == 0) {
		PQclear(rows);
		refuse_venue(r, a);
		return -1;
	}
	h.epoch = pg_int(rows, 0, 0);
	h.generation = pg_int(rows, 0, 1);
	h.times.settle_us = pg_int(rows, 0, 2);
	h.times.as_of_us = int_or_unknown(rows, 3);
	h.times.settled_us = h.times.as_of_us - h.times.settle_us;
	h.times.first_us = -1;
	h.feed = read_feed(rows, 4);
	h.fresh = chart_state_of(h.venue, &h.feed, h.times.as_of_us, clock_wall_us());
	note(r, &h, -1, pg_int(rows, 0, 8));
	PQclear(rows);
	*out = h;
	return 0;
}

static const struct chart_statement unsettled = {"chart_unsettled", sql_chart_unsettled, true};

#define AHEAD_US (30 * SECOND_US) /* no second is stored that is further ahead of as_of */

static void unsettled_params(const struct chart_head *h, const char *symbol, struct chart_params *p)
{
	chart_params_text(p, h->venue);
	chart_params_text(p, symbol);
	chart_params_int(p, clock_floor(h->times.settled_us, SECOND_US));
	chart_params_int(p, h->times.as_of_us + AHEAD_US);
}

void chart_head_expect_revision(
	struct chart_reader *r, const struct chart_head *h, const char *symbol)
{
	struct chart_params p = {0};

	if (!h->heard)
		return;
	unsettled_params(h, symbol, &p);
	chart_reader_expect(r, &unsettled, &p);
}

int chart_head_read_revision(struct chart_reader *r, struct chart_head *h, const char *symbol)
{
	struct chart_params p = {0};
	PGresult *rows;

	if (!h->heard)
		return 0;
	unsettled_params(h, symbol, &p);
	if (chart_reader_plan_by_value(r) != 0 ||
		chart_reader_query(r, unsettled.name, unsettled.sql, &p, &rows) != 0)
		return -1;
	if (!PQgetisnull(rows, 0, 0) && pg_int(rows, 0, 0) < h->revision)
		h->revision = pg_int(rows, 0, 0);
	PQclear(rows);
	return 0;
}

static const struct chart_statement offsets = {"chart_offsets", sql_chart_offsets, false};

static void offsets_params(const struct chart_head *h, struct chart_params *p)
{
	chart_params_text(p, h->venue);
	chart_params_int(p, h->partition);
}

void chart_head_expect_cursor(struct chart_reader *r, const struct chart_head *h)
{
	struct chart_params p = {0};

	offsets_params(h, &p);
	chart_reader_expect(r, &offsets, &p);
}

int chart_head_cursor(struct chart_reader *r, const struct chart_head *h, struct cursor *out)
{
	struct chart_params p = {0};
	PGresult *rows;

	offsets_params(h, &p);
	if (chart_reader_query(r, offsets.name, offsets.sql, &p, &rows) != 0)
		return -1;
	cursor_init(out, h->venue, h->epoch);
	out->parts[h->partition].present = true;
	for (int row = 0; row < PQntuples(rows); row++) {
		const struct stream *s = stream_find(PQgetvalue(rows, row, 0));

		if (s)
			out->parts[h->partition].next[s->kind] = pg_int(rows, row, 1);
	}
	PQclear(rows);
	return 0;
}

bool chart_head_unchanged(const struct chart_head *h, const struct request *rq, struct answer *a)
{
	char text[1024];
	int len = snprintf(text, sizeof(text), "%s %" PRId64 ".%" PRId64 " %s %d %s", h->venue,
		h->generation, h->newest_revision, chart_state_name(h->fresh.state), h->fresh.ended,
		rq->query);

	if (len < 0 || (size_t)len >= sizeof(text))
		return false; /* a query that long has no tag */
	chart_etag_of(text, (size_t)len, a->etag);
	if (!chart_etag_matches(rq->if_none_match, a->etag))
		return false;
	a->status = 304;
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	return true;
}

void chart_head_add_ms(struct buf *b, int64_t us)
{
	if (us < 0)
		buf_add_str(b, "null");
	else
		buf_add_int(b, us / MS_US);
}

void chart_head_add_freshness(struct buf *b, const struct chart_head *h)
{
	char text[CHART_FRESHNESS_SIZE];
	size_t len = chart_state_text(text, h->times.as_of_us, &h->fresh);

	if (h->basis && h->basis->body == b) {
		h->basis->at = b->len;
		h->basis->len = len;
	}
	buf_add(b, text, len);
}
