/* api/v1/status and healthz: every stage with the age of its data. */
#include "chart_endpoint.h"
#include "chart_head.h"
#include "pg_queries.h"
#include <inttypes.h>
#include <stdio.h>

/* Rows of the statements about the stages. */
struct stages {
	PGresult *streams, *sink, *backfill, *gaps, *kept;
};

static const char *or_null(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) ? "null" : PQgetvalue(r, row, column);
}

static const char *boolean(const PGresult *r, int row, int column)
{
	if (PQgetisnull(r, row, column))
		return "null";
	return *PQgetvalue(r, row, column) == 't' ? "true" : "false";
}

static void add_streams(struct buf *b, const struct chart_head *h, const PGresult *r)
{
	buf_add_str(b, ",\"feed\":[");
	for (int row = 0; row < PQntuples(r); row++) {
		int64_t lag_us = h->fresh.venue_now_us - pg_int(r, row, 5);

		buf_printf(b,
			"%s{\"stream\":\"%s\",\"state\":\"%s\",\"sessions\":%s,\"symbols\":%s,"
			"\"alive_age_ms\":%s,\"lag_ms\":",
			row > 0 ? "," : "", PQgetvalue(r, row, 0), PQgetvalue(r, row, 1),
			PQgetvalue(r, row, 2), PQgetvalue(r, row, 3), PQgetvalue(r, row, 4));
		chart_head_add_ms(b, lag_us > 0 ? lag_us : 0);
		buf_printf(b, ",\"records_per_s\":%s,\"open_gaps\":%s,\"ended\":%s}",
			PQgetvalue(r, row, 7), PQgetvalue(r, row, 8), boolean(r, row, 6));
	}
	buf_add_char(b, ']');
}

static void add_sink(struct buf *b, const PGresult *r)
{
	buf_printf(b,
		",\"sink\":{\"state\":\"%s\",\"lag_ms\":%s,\"committed_age_ms\":%s,"
		"\"partitions_owned\":%s,\"commits\":%s,\"records\":%s,\"records_per_s\":%s,"
		"\"quarantined\":%s}",
		PQgetvalue(r, 0, 1), or_null(r, 0, 2), or_null(r, 0, 3), PQgetvalue(r, 0, 4),
		PQgetvalue(r, 0, 5), PQgetvalue(r, 0, 6), PQgetvalue(r, 0, 7), PQgetvalue(r, 0, 8));
}

static void add_oldest(struct buf *b, const PGresult *r)
{
	if (PQgetisnull(r, 0, 3)) {
		buf_add_str(b, ",\"oldest\":null");
		return;
	}
	buf_add_str(b, ",\"oldest\":{\"symbol\":");
	buf_add_json(b, PQgetvalue(r, 0, 3), (size_t)PQgetlength(r, 0, 3));
	buf_printf(b, ",\"stream\":\"%s\",\"from\":", PQgetvalue(r, 0, 4));
	chart_head_add_ms(b, pg_int(r, 0, 5));
	buf_add_str(b, ",\"to\":");
	chart_head_add_ms(b, pg_int(r, 0, 6));
	buf_add_str(b, ",\"cause\":");
	buf_add_json(b, PQgetvalue(r, 0, 7), (size_t)PQgetlength(r, 0, 7));
	buf_printf(b, ",\"state\":\"%s\"}", PQgetvalue(r, 0, 8));
}

static void add_backfill(struct buf *b, const PGresult *r, const PGresult *gaps)
{
	buf_printf(b,
		",\"backfill\":{\"running\":%s,\"records\":%s,\"records_per_s\":%s,\"gaps\":{",
		boolean(r, 0, 0), PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 2));
	for (int row = 0; row < PQntuples(gaps); row++)
		buf_printf(b, "%s\"%s\":{\"count\":%s,\"ms\":%s}", row > 0 ? "," : "",
			PQgetvalue(gaps, row, 0), PQgetvalue(gaps, row, 1),
			PQgetvalue(gaps, row, 2));
	buf_add_char(b, '}');
	add_oldest(b, r);
	buf_add_char(b, '}');
}

/* From when on each kind of rows is there; null: nothing was dropped. */
static void add_kept(struct buf *b, const PGresult *r)
{
	static const char *const names[] = {"events", "1s", "1m", "1h", "1d"};

	for (int i = 0; i < 5; i++) {
		int64_t from_us = pg_int(r, 0, i);

		buf_printf(b, "%s\"%s\":", i > 0 ? "," : ",\"kept_from\":{", names[i]);
		chart_head_add_ms(b, from_us > 0 ? from_us : -1);
	}
	buf_add_char(b, '}');
}

static void print(struct buf *b, const struct chart_head *h, const struct stages *s)
{
	buf_printf(b, "{\"venue\":\"%s\"", h->venue);
	chart_head_add_freshness(b, h);
	buf_printf(b, ",\"epoch\":%" PRId64 ",\"generation\":%" PRId64 ",\"symbols\":%s", h->epoch,
		h->generation, PQgetvalue(s->sink, 0, 0));
	add_streams(b, h, s->streams);
	add_sink(b, s->sink);
	add_backfill(b, s->backfill, s->gaps);
	add_kept(b, s->kept);
	buf_add_str(b, "}\n");
}

static int read_stages(struct chart_reader *r, struct stages *s)
{
	const struct {
		const char *name, *sql;
		PGresult **rows;
	} statements[] = {
		{"chart_status_streams", sql_chart_status_streams, &s->streams},
		{"chart_status_sink", sql_chart_status_sink, &s->sink},
		{"chart_status_backfill", sql_chart_status_backfill, &s->backfill},
		{"chart_status_gaps", sql_chart_status_gaps, &s->gaps},
		{"ctl_horizons", sql_ctl_horizons, &s->kept},
	};
	struct chart_params p = {0};

	chart_params_text(&p, chart_reader_venue(r));
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (chart_reader_query(
			    r, statements[i].name, statements[i].sql, &p, statements[i].rows) != 0)
			return -1;
	return 0;
}

static void answer_status(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct chart_head h;
	struct stages s = {0};

	(void)c;
	if (chart_reader_begin(r, a) == 0 && chart_head_read_venue(r, &h) == 0 &&
		read_stages(r, &s) == 0) {
		print(&a->body, &h, &s);
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
	}
	PQclear(s.streams);
	PQclear(s.sink);
	PQclear(s.backfill);
	PQclear(s.gaps);
	PQclear(s.kept);
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
