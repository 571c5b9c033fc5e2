#include "change_write.h"
#include "candle_line.h"
#include "clock.h"
#include "pg_array.h"
#include "pg_queries.h"
#include "retry.h"
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COLUMN_BYTES_MAX (1 << 20)
#define PATIENCE_US (30 * SECOND_US)
#define PARAMS (7 + CHANGE_COLUMNS)

static const struct retry_policy policy = {.first_us = 20 * MS_US, .max_us = SECOND_US};

static void find_who(char out[128])
{
	const struct passwd *user = getpwuid(geteuid());
	char host[64] = "?";

	if (gethostname(host, sizeof(host)) != 0)
		snprintf(host, sizeof(host), "?");
	host[sizeof(host) - 1] = '\0';
	if (user)
		snprintf(out, 128, "%.60s@%.60s", user->pw_name, host);
	else
		snprintf(out, 128, "uid %ld@%.60s", (long)geteuid(), host);
}

void change_write_init(struct change_write *w, struct pg *pg, const char *venue, const char *symbol)
{
	*w = (struct change_write){
		.pg = pg, .venue = venue, .symbol = symbol, .what = "correct", .why = ""};
	find_who(w->who);
	for (int i = 0; i < CHANGE_COLUMNS; i++)
		buf_init(&w->columns[i], COLUMN_BYTES_MAX);
}

void change_write_done(struct change_write *w)
{
	for (int i = 0; i < CHANGE_COLUMNS; i++)
		buf_done(&w->columns[i]);
}

static void add_decimal(struct buf *b, bool known, const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];

	if (known) {
		decimal_format(d, text);
		pg_array_text(b, text);
	} else {
		pg_array_null(b);
	}
}

static void add_int(struct buf *b, bool known, int64_t value)
{
	if (known)
		pg_array_int(b, value);
	else
		pg_array_null(b);
}

void change_write_add(struct change_write *w, const struct candle_change *c)
{
	const struct candle *k = &c->candle;
	bool is = !c->removed, volume = is && k->has_volume, taker = volume && c->has_taker;
	struct buf *b = w->columns;

	pg_array_int(&b[0], k->open_us);
	pg_array_bool(&b[1], c->removed);
	add_decimal(&b[2], is, &k->open);
	add_decimal(&b[3], is, &k->high);
	add_decimal(&b[4], is, &k->low);
	add_decimal(&b[5], is, &k->close);
	add_decimal(&b[6], volume, &k->volume);
	add_decimal(&b[7], volume, &k->quote);
	add_int(&b[8], volume, k->trades);
	add_decimal(&b[9], taker, &k->taker_volume);
	add_decimal(&b[10], taker, &k->taker_quote);
	add_int(&b[11], is && k->first_id >= 0, k->first_id);
	add_int(&b[12], is && k->last_id >= 0, k->last_id);
	pg_array_int(&b[13], k->origin);
	pg_array_bool(&b[14], k->closed);
	pg_array_int(&b[15], k->stated_us);
	w->count++;
}

enum pg_failure change_write_lock(struct change_write *w, struct err *e)
{
	const char *params[] = {w->venue, w->symbol};

	return pg_query(w->pg, "correct_lock", sql_correct_lock, 2, params, NULL, e);
}

static enum pg_failure begin_run(struct change_write *w, struct err *e)
{
	PGresult *r = NULL;
	enum pg_failure f;

	if (w->run)
		return PG_OK;
	f = pg_query(w->pg, "correct_begin", sql_correct_begin, 0, NULL, &r, e);
	if (f == PG_OK)
		w->run = pg_int(r, 0, 0);
	PQclear(r);
	return f;
}

static enum pg_failure send(struct change_write *w, PGresult **changed, struct err *e)
{
	char run[24];
	const char *params[PARAMS] = {
		w->venue, w->symbol, candle_level_name(w->level), w->what, run, w->who, w->why};

	snprintf(run, sizeof(run), "%" PRId64, w->run);
	for (int i = 0; i < CHANGE_COLUMNS; i++) {
		pg_array_end(&w->columns[i]);
		if (w->columns[i].failed) {
			err_set(e, "no memory for a chunk of changes");
			return PG_BUG;
		}
		params[7 + i] = w->columns[i].data;
	}
	return pg_query(w->pg, "correct_candles", sql_correct_candles, PARAMS, params, changed, e);
}

/* The transaction; *changed is the caller's after PG_OK. */
static enum pg_failure run_once(
	struct change_write *w, change_fill *fill, void *arg, PGresult **changed, struct err *e)
{
	struct err ignored;
	enum pg_failure f = pg_exec(w->pg, "BEGIN", e);

	w->count = 0;
	for (int i = 0; i < CHANGE_COLUMNS; i++)
		pg_array_begin(&w->columns[i]);
	*changed = NULL;
	if (f == PG_OK)
		f = begin_run(w, e);
	if (f == PG_OK)
		f = fill(arg, w, e);
	if (f == PG_OK && w->count)
		f = send(w, changed, e);
	if (f == PG_OK)
		f = pg_exec(w->pg, w->dry ? "ROLLBACK" : "COMMIT", e);
	if (f == PG_OK)
		return f;
	PQclear(*changed);
	*changed = NULL;
	if (pg_exec(w->pg, "ROLLBACK", &ignored) != PG_OK)
		pg_disconnect(w->pg);
	return f;
}

static void show(const struct change_write *w, enum ladder level, int64_t open_us, const char *old,
	const char *now)
{
	char time[CHANGE_TIME_SIZE];

	change_time_format(open_us, time);
	printf("%s %s %s\n   %*s %s\n", candle_level_name(level), time, old, (int)strlen(time) + 2,
		w->dry ? "would be" : "is now", now);
}

/* The bar of a level above that changed last. */
static void show_bar(struct change_write *w, enum ladder level)
{
	struct change_bar *b = &w->bars[level];

	if (!b->any)
		return;
	w->changed[level]++;
	/* Of a dry run each chunk knows of its own changes only. */
	show(w, level, b->open_us, b->old,
		w->dry && b->chunks > 1 ? "another, from more changes than one transaction has"
					: b->now);
	b->any = false;
}

static void note_bar(struct change_write *w, enum ladder level, const PGresult *r, int row)
{
	struct change_bar *b = &w->bars[level];
	int64_t open_us = pg_int(r, row, 1);

	if (b->any && b->open_us != open_us)
		show_bar(w, level);
	if (!b->any) {
		*b = (struct change_bar){.any = true, .open_us = open_us};
		snprintf(b->old, sizeof(b->old), "%s", PQgetvalue(r, row, 2));
	}
	b->chunks++;
	snprintf(b->now, sizeof(b->now), "%s", PQgetvalue(r, row, 3));
}

static void note(struct change_write *w, const PGresult *r)
{
	for (int row = 0; row < PQntuples(r); row++) {
		int level =
			candle_level_find(PQgetvalue(r, row, 0), (size_t)PQgetlength(r, row, 0));

		if (level < 0)
			continue;
		if (level != (int)w->level) {
			note_bar(w, (enum ladder)level, r, row);
			continue;
		}
		w->changed[level]++;
		show(w, w->level, pg_int(r, row, 1), PQgetvalue(r, row, 2), PQgetvalue(r, row, 3));
	}
}

int change_write_chunk(struct change_write *w, change_fill *fill, void *arg, struct err *e)
{
	int64_t until_us = clock_mono_us() + PATIENCE_US;
	struct retry retry;
	PGresult *changed;
	enum pg_failure f;

	retry_init(&retry, &policy, (uint64_t)until_us);
	while ((f = run_once(w, fill, arg, &changed, e)) == PG_RETRY && clock_mono_us() < until_us)
		poll(NULL, 0, (int)(retry_delay_us(&retry, clock_mono_us()) / MS_US));
	if (f != PG_OK)
		return -1;
	if (changed)
		note(w, changed);
	PQclear(changed);
	return 0;
}

int change_write_ensure(struct change_write *w, int64_t time_us, struct err *e)
{
	int64_t until_us = clock_mono_us() + PATIENCE_US;
	char time[24];
	const char *params[] = {w->venue, time};
	struct retry retry;
	enum pg_failure f;

	snprintf(time, sizeof(time), "%" PRId64, time_us);
	retry_init(&retry, &policy, (uint64_t)until_us);
	while ((f = pg_query(w->pg, "correct_ensure", sql_correct_ensure, 2, params, NULL, e)) ==
			PG_RETRY &&
		clock_mono_us() < until_us)
		poll(NULL, 0, (int)(retry_delay_us(&retry, clock_mono_us()) / MS_US));
	return f == PG_OK ? 0 : -1;
}

void change_write_level(struct change_write *w, enum ladder level)
{
	for (enum ladder above = LADDER_1M; above < LADDER_COUNT; above++)
		show_bar(w, above);
	w->level = level;
}

void change_write_end(struct change_write *w)
{
	change_write_level(w, w->level);
	printf("%s %s: %" PRId64 " candles of 1s, %" PRId64 " of 1m, %" PRId64 " of 1h, %" PRId64
	       " of 1d %s\n",
		w->what, w->symbol, w->changed[LADDER_1S], w->changed[LADDER_1M],
		w->changed[LADDER_1H], w->changed[LADDER_1D], w->dry ? "would change" : "changed");
}

void change_time_format(int64_t us, char out[CHANGE_TIME_SIZE])
{
	time_t seconds = (time_t)(clock_floor(us, SECOND_US) / SECOND_US);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, CHANGE_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}
