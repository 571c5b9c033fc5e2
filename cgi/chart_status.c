/* api/v1/status and healthz: every stage with the age of its data. */
#include "chart_endpoint.h"
#include "chart_head.h"
#include "clock.h"
#include "pg_queries.h"
#include <inttypes.h>
#include <stdio.h>

static void add_streams(struct buf *b, const struct chart_head *h, const PGresult *rows)
{
	int64_t wall_us = clock_wall_us();

	buf_add_str(b, ",\"feed\":[");
	for (int row = 0; row < PQntuples(rows); row++) {
		int64_t age_us = wall_us - pg_int(rows, row, 3);
		int64_t lag_us = h->fresh.venue_now_us - pg_int(rows, row, 4);

		buf_printf(b,
			"%s{\"stream\":\"%s\",\"sessions\":%s,\"symbols\":%s,\"alive_age_ms\":",
			row > 0 ? "," : "", PQgetvalue(rows, row, 0), PQgetvalue(rows, row, 1),
			PQgetvalue(rows, row, 2));
		chart_head_add_ms(b, age_us > 0 ? age_us : 0);
		buf_add_str(b, ",\"lag_ms\":");
		chart_head_add_ms(b, lag_us > 0 ? lag_us : 0);
		buf_printf(
			b, ",\"ended\":%s}", *PQgetvalue(rows, row, 5) == 't' ? "true" : "false");
	}
	buf_add_char(b, ']');
}

static void print(
	struct buf *b, const struct chart_head *h, const PGresult *streams, const PGresult *sink)
{
	buf_printf(b, "{\"venue\":\"%s\"", h->venue);
	chart_head_add_freshness(b, h);
	buf_printf(b, ",\"epoch\":%" PRId64 ",\"generation\":%" PRId64 ",\"symbols\":%s", h->epoch,
		h->generation, PQgetvalue(sink, 0, 0));
	add_streams(b, h, streams);
	buf_printf(b,
		",\"sink\":{\"partitions_owned\":%s,\"commits\":%s,\"records\":%s,"
		"\"quarantined\":%s,\"gaps\":{%s}}}\n",
		PQgetvalue(sink, 0, 1), PQgetvalue(sink, 0, 2), PQgetvalue(sink, 0, 3),
		PQgetvalue(sink, 0, 4), PQgetvalue(sink, 0, 5));
}

static void answer_status(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct chart_params p = {0};
	struct chart_head h;
	PGresult *streams = NULL, *sink = NULL;

	(void)c;
	chart_params_text(&p, chart_reader_venue(r));
	if (chart_reader_begin(r, a) == 0 && chart_head_read_venue(r, &h) == 0 &&
		chart_reader_query(
			r, "chart_status_streams", sql_chart_status_streams, &p, &streams) == 0 &&
		chart_reader_query(r, "chart_status_sink", sql_chart_status_sink, &p, &sink) == 0) {
		print(&a->body, &h, streams, sink);
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	}
	PQclear(streams);
	PQclear(sink);
	chart_reader_end(r);
}

const struct chart_endpoint chart_status = {
	.path = "/api/v1/status",
	.summary = "Every stage with the age of its data.",
	.params = chart_no_params,
	.answer = answer_status,
	.schema = "Status",
};

/* By the age of the data, not by the process: a chart that serves stale prices is not healthy. */
static void answer_healthz(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct chart_head h;
	bool stale;

	(void)c;
	if (chart_reader_begin(r, a) != 0 || chart_head_read_venue(r, &h) != 0)
		return;
	chart_reader_end(r);
	stale = h.fresh.state == CHART_STALE;
	a->status = stale ? 503 : 200;
	snprintf(a->headers, sizeof(a->headers), "%s%s", CHART_NO_CACHE,
		stale ? "Retry-After: 1\r\n" : "");
	buf_printf(
		&a->body, "{\"status\":\"%s\",\"venue\":\"%s\"", stale ? "stale" : "ok", h.venue);
	chart_head_add_freshness(&a->body, &h);
	buf_add_str(&a->body, "}\n");
}

const struct chart_endpoint chart_healthz = {
	.path = "/healthz",
	.summary = "Whether the data are fresh.",
	.params = chart_no_params,
	.answer = answer_healthz,
	.schema = "Health",
	.health = true,
};
