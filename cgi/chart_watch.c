#include "chart_watch.h"
#include "clock.h"
#include "decimal.h"
#include "metrics.h"
#include "pg_queries.h"
#include "problem.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define HOURS (CHART_WATCH_POINTS - 1)
#define LATE_US (15 * SECOND_US) /* seconds so much older than as_of may still come */
#define SYMBOL_SIZE 64

METRIC_COUNTER(minutes, "pricegraph_chart_watch_rebuilds_total",
	"Times that the prices of all symbols were read wholly, which is once a minute.");
METRIC_COUNTER(seconds, "pricegraph_chart_watch_refreshes_total",
	"Times that the newest prices of all symbols were read.");

struct price {
	bool known;
	struct decimal value;
};

struct watched {
	char symbol[SYMBOL_SIZE];
	struct price last, first, hours[HOURS];
};

struct chart_watch {
	pthread_mutex_t lock; /* guards all */
	struct watched *v;    /* by symbol */
	size_t count;
	int64_t epoch, generation;
	int64_t minute_us; /* the minute before which everything was read; -1: nothing was */
	int64_t seen_us;   /* as_of of the last reading */
};

static const struct chart_statement of_minute = {
	"chart_watch_minute", sql_chart_watch_minute, true};
static const struct chart_statement of_seconds = {
	"chart_watch_seconds", sql_chart_watch_seconds, true};

struct chart_watch *chart_watch_new(void)
{
	struct chart_watch *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->minute_us = -1;
	pthread_mutex_init(&w->lock, NULL);
	return w;
}

void chart_watch_free(struct chart_watch *w)
{
	if (!w)
		return;
	pthread_mutex_destroy(&w->lock);
	free(w->v);
	free(w);
}

static void take_price(const PGresult *rows, int row, int column, struct price *out)
{
	struct price p = {0};

	if (PQgetisnull(rows, row, column))
		return;
	p.known = decimal_parse(&p.value, PQgetvalue(rows, row, column),
			  (size_t)PQgetlength(rows, row, column)) == 0;
	if (p.known)
		*out = p;
}

/* "<hour>:<close>,..." */
static void take_spark(const char *text, struct watched *out)
{
	while (*text != '\0') {
		char *at;
		long hour = strtol(text, &at, 10);
		size_t len;

		if (*at != ':')
			return; /* the statement writes nothing else */
		len = strcspn(++at, ",");
		if (hour >= 0 && hour < HOURS)
			out->hours[hour].known =
				decimal_parse(&out->hours[hour].value, at, len) == 0;
		text = at + len + (at[len] == ',');
	}
}

static int by_symbol(const void *a, const void *b)
{
	return strcmp(((const struct watched *)a)->symbol, ((const struct watched *)b)->symbol);
}

static struct watched *find(const struct chart_watch *w, const char *symbol)
{
	struct watched key;
	size_t len = strlen(symbol);

	if (w->count == 0 || len >= SYMBOL_SIZE)
		return NULL;
	memcpy(key.symbol, symbol, len + 1);
	return bsearch(&key, w->v, w->count, sizeof(key), by_symbol);
}

static int query(struct chart_reader *r, const struct chart_statement *s,
	const struct chart_params *p, PGresult **rows)
{
	return chart_reader_plan_by_value(r) == 0 ? chart_reader_query(r, s->name, s->sql, p, rows)
						  : -1;
}

static int read_minute_locked(struct chart_watch *w, struct chart_reader *r, int64_t minute_us)
{
	struct chart_params p = {0};
	struct watched *v;
	PGresult *rows;
	size_t count = 0;

	chart_params_text(&p, chart_reader_venue(r));
	chart_params_int(&p, minute_us);
	if (query(r, &of_minute, &p, &rows) != 0)
		return -1;
	v = calloc((size_t)PQntuples(rows) + 1, sizeof(*v));
	if (!v) {
		PQclear(rows);
		problem_answer(
			chart_reader_answer(r), PROBLEM_INTERNAL, "No memory for the prices.");
		chart_reader_end(r);
		return -1;
	}
	for (int row = 0; row < PQntuples(rows); row++) {
		struct watched *x = &v[count];

		if (PQgetlength(rows, row, 0) >= SYMBOL_SIZE)
			continue; /* longer than any parameter `symbol` may be */
		memcpy(x->symbol, PQgetvalue(rows, row, 0), (size_t)PQgetlength(rows, row, 0) + 1);
		take_price(rows, row, 1, &x->last);
		take_price(rows, row, 2, &x->first);
		take_spark(PQgetvalue(rows, row, 3), x);
		count++;
	}
	PQclear(rows);
	qsort(v, count, sizeof(*v), by_symbol);
	free(w->v);
	w->v = v;
	w->count = count;
	w->minute_us = minute_us;
	w->seen_us = minute_us + LATE_US;
	metric_add(&minutes, 1);
	return 0;
}

static int read_seconds_locked(struct chart_watch *w, struct chart_reader *r, int64_t as_of_us)
{
	struct chart_params p = {0};
	int64_t from_us = w->seen_us - LATE_US;
	PGresult *rows;

	if (from_us < w->minute_us)
		from_us = w->minute_us;
	chart_params_text(&p, chart_reader_venue(r));
	chart_params_int(&p, from_us);
	chart_params_int(&p, as_of_us);
	if (query(r, &of_seconds, &p, &rows) != 0)
		return -1;
	for (int row = 0; row < PQntuples(rows); row++) {
		struct watched *x = find(w, PQgetvalue(rows, row, 0));

		if (!x) /* new; with the next minute */
			continue;
		take_price(rows, row, 1, &x->last);
		if (!x->first.known)
			take_price(rows, row, 2, &x->first);
	}
	PQclear(rows);
	w->seen_us = as_of_us;
	metric_add(&seconds, 1);
	return 0;
}

static int bring_up_locked(
	struct chart_watch *w, struct chart_reader *r, const struct chart_head *h)
{
	int64_t as_of_us = h->times.as_of_us, minute_us = clock_floor(as_of_us, MINUTE_US);

	if (as_of_us < 0) {
		w->count = 0;
		w->minute_us = -1;
		return 0;
	}
	if (w->epoch != h->epoch || w->generation != h->generation)
		w->minute_us = -1;
	/* An as_of that went back is of another replica. */
	if ((w->minute_us != minute_us || as_of_us < w->seen_us - LATE_US) &&
		read_minute_locked(w, r, minute_us) != 0)
		return -1;
	w->epoch = h->epoch;
	w->generation = h->generation;
	return read_seconds_locked(w, r, as_of_us);
}

int chart_watch_lock(struct chart_watch *w, struct chart_reader *r, const struct chart_head *h)
{
	pthread_mutex_lock(&w->lock);
	if (bring_up_locked(w, r, h) == 0)
		return 0;
	pthread_mutex_unlock(&w->lock);
	return -1;
}

void chart_watch_unlock(struct chart_watch *w)
{
	pthread_mutex_unlock(&w->lock);
}

int64_t chart_watch_spark_us(const struct chart_watch *w)
{
	return clock_floor(w->minute_us, HOUR_US) - HOURS * HOUR_US;
}

static void add_price(struct buf *b, const struct price *p)
{
	char text[DECIMAL_TEXT_SIZE];

	if (!p || !p->known) {
		buf_add_str(b, "null");
		return;
	}
	decimal_format(&p->value, text);
	buf_printf(b, "\"%s\"", text);
}

static double number_of(const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_format(d, text);
	return strtod(text, NULL);
}

/* The difference is exact; of per cents nobody wants more than three places. */
static void add_change(struct buf *b, const struct watched *x)
{
	struct price difference = {.known = true};

	if (!x || !x->last.known || !x->first.known ||
		decimal_sub(&difference.value, &x->last.value, &x->first.value) != 0) {
		buf_add_str(b, "null");
		return;
	}
	buf_add_str(b, "{\"absolute\":");
	add_price(b, &difference);
	if (decimal_cmp(&x->first.value, &decimal_zero) == 0)
		buf_add_str(b, ",\"percent\":null}");
	else
		buf_printf(b, ",\"percent\":\"%.3f\"}",
			number_of(&difference.value) / number_of(&x->first.value) * 100);
}

static void add_spark(struct buf *b, const struct watched *x)
{
	buf_add_char(b, '[');
	for (int i = 0; i < HOURS; i++) {
		add_price(b, x ? &x->hours[i] : NULL);
		buf_add_char(b, ',');
	}
	add_price(b, x ? &x->last : NULL);
	buf_add_char(b, ']');
}

void chart_watch_add(
	const struct chart_watch *w, const char *symbol, unsigned fields, struct buf *b)
{
	const struct watched *x = find(w, symbol);

	if (fields & WATCH_LAST) {
		buf_add_str(b, ",\"last\":");
		add_price(b, x ? &x->last : NULL);
	}
	if (fields & WATCH_CHANGE) {
		buf_add_str(b, ",\"change\":");
		add_change(b, x);
	}
	if (fields & WATCH_SPARK) {
		buf_add_str(b, ",\"spark\":");
		add_spark(b, x);
	}
}
