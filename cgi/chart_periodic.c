/* api/v1/periodic: what has changed since a revision. */
#include "chart_endpoint.h"
#include "chart_json.h"
#include "chart_view.h"
#include "clock.h"
#include "problem.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SYMBOL, INTERVAL, FROM, SINCE };

/* A window that costs more to read than the greatest of `initial` is answered by asking for that. */
#define PARTS_MAX (CHART_LIMIT_MAX * 30)
#define BUCKETS_MAX 10000
#define REVISION_DIGITS 18 /* of either number: they fit an int64 */

static const struct param table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 63, NULL, NULL,
		"Symbol, as the exchange writes it."},
	[INTERVAL] = {"interval", PARAM_INTERVAL, true, 0, 0, NULL, NULL, "1s, 1m ... 1M."},
	[FROM] = {"from", PARAM_INT, true, 0, CHART_TIME_MAX, NULL, NULL,
		"Open time (ms) of the oldest candle that is held."},
	[SINCE] = {"since", PARAM_TEXT, true, 3, 37, "^[0-9]{1,18}[.][0-9]{1,18}$", NULL,
		"The revision that the last answer gave."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

struct revision {
	int64_t generation, number;
};

static bool parse_number(const char *text, char end, int64_t *out, const char **rest)
{
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > REVISION_DIGITS || text[len] != end)
		return false;
	*out = strtoimax(text, NULL, 10);
	*rest = text + len + 1;
	return true;
}

static bool parse_revision(const char *text, struct revision *out)
{
	const char *number, *rest;

	return parse_number(text, '.', &out->generation, &number) &&
	       parse_number(number, '\0', &out->number, &rest);
}

/* 1: `initial` has to be asked again; 0: the view holds the changes, marked; -1: answered. */
static int load(struct chart_view *v, int64_t from_us, const struct revision *since)
{
	const struct chart_window *w = &v->window;

	v->window = chart_window_since(v->iv, &v->head.times, from_us);
	if (since->generation != v->head.generation)
		return 1;
	if (chart_window_parts(v->iv, w->from_us, w->to_us) > PARTS_MAX ||
		w->from_us < interval_step(v->iv, w->newest_us, -BUCKETS_MAX))
		return 1;
	if (chart_view_load(v) != 0)
		return -1;
	return chart_bars_mark(&v->bars, v->iv, &v->cover, &v->before, since->number) >
	       CHART_LIMIT_MAX;
}

static int print(struct buf *b, struct chart_view *v, bool reload)
{
	static const struct chart_bars no_bars;
	static const struct chart_gaps no_gaps;

	chart_json_begin(b, v);
	chart_json_candles(b, reload ? &no_bars : &v->bars, true);
	chart_json_removed(b, reload ? &no_bars : &v->bars);
	chart_json_gaps(b, reload ? &no_gaps : &v->gaps, false);
	chart_json_revision(b, &v->head);
	if (chart_json_cursor(b, v) != 0 || chart_json_open(b, v) != 0)
		return -1;
	buf_printf(b, ",\"reload\":%s}\n", reload ? "true" : "false");
	return 0;
}

static void answer_view(struct chart_view *v, const struct request *rq, struct answer *a,
	int64_t from_us, const struct revision *since)
{
	int reload;

	if (chart_reader_begin(v->reader, a) != 0 || chart_view_head(v) != 0)
		return;
	if (chart_head_unchanged(&v->head, rq, a))
		return;
	reload = load(v, from_us, since);
	if (reload > 0 && chart_head_read_revision(v->reader, &v->head, v->symbol) != 0)
		return;
	if (reload >= 0 && print(&a->body, v, reload > 0) == 0)
		snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const struct param_value *p = c->p;
	struct chart_view v = {
		.reader = r, .symbol = p[SYMBOL].text, .iv = interval_find(p[INTERVAL].text)};
	struct revision since;

	if (!parse_revision(p[SINCE].text, &since))
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter 'since' is not valid: a revision, "
			"generation.number.");
	else
		answer_view(&v, c->rq, a, p[FROM].number * MS_US, &since);
	chart_reader_end(r);
	chart_view_done(&v);
}

const struct chart_endpoint chart_periodic = {
	.path = "/api/v1/periodic",
	.summary = "What has changed since a revision.",
	.params = table,
	.answer = answer,
	.keep = CHART_KEEP,
	.schema = "Periodic",
	.tagged = true,
};
