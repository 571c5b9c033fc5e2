#include "history_load.h"
#include "clock.h"
#include "pg_queries.h"
#include "topics.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TOPICS_TIMEOUT_MS 15000

static int see_to_topics(const struct settings *s, struct err *e)
{
	struct kafka_admin *admin = kafka_admin_new(s, e);
	int rc = admin ? topics_ensure(s, admin, TOPICS_TIMEOUT_MS, e) : -1;

	kafka_admin_free(admin);
	return rc;
}

static int see_to_venue(const struct history_load *l, struct err *e)
{
	char settle[24];
	const char *params[] = {settings_text(l->settings, "venue", "name"), settle};

	snprintf(settle, sizeof(settle), "%" PRId64,
		(int64_t)(settings_int(l->settings, "venue", "settle") * SECOND_US));
	return pg_query(l->write.pg, "sink_venue_ensure", sql_sink_venue_ensure, 2, params, NULL,
		       e) == PG_OK
		       ? 0
		       : -1;
}

int history_load_init(
	struct history_load *l, const struct settings *s, const char *source, struct err *e)
{
	*l = (struct history_load){.settings = s,
		.none = strcmp(source, "rest") == 0 ? "the exchange has no bars here"
						    : "the file has no bars here"};
	if (history_write_init(&l->write, s, source, e) < 0)
		return -1;
	if (see_to_venue(l, e) == 0 && see_to_topics(s, e) == 0)
		return 0;
	history_write_done(&l->write);
	return -1;
}

void history_load_done(struct history_load *l)
{
	history_write_done(&l->write);
}

int history_load_begin(struct history_load *l, const char *what, const char *symbol,
	int64_t stated_us, struct err *e)
{
	const char *params[] = {settings_text(l->settings, "venue", "name"), l->what};
	PGresult *r;

	if ((size_t)snprintf(l->what, sizeof(l->what), "%s", what) >= sizeof(l->what))
		return err_set(e, "the name is too long");
	snprintf(l->symbol, sizeof(l->symbol), "%s", symbol);
	l->run = (struct given_run){.any = false};
	if (pg_query(l->write.pg, "history_load_read", sql_history_load_read, 2, params, &r, e) !=
		PG_OK)
		return -1;
	if (PQntuples(r) != 1) {
		PQclear(r);
		return err_set(e, "the venue's row has gone");
	}
	l->epoch = pg_int(r, 0, 0);
	l->saved = pg_int(r, 0, 1);
	l->stated_us = l->saved >= 0 ? pg_int(r, 0, 2) : stated_us;
	PQclear(r);
	l->began_us = l->shown_us = clock_mono_us();
	l->rows = l->rows_shown = 0;
	l->began_share = -1;
	return 0;
}

static int judge(enum history_written w, struct err *e)
{
	if (w == HISTORY_WRITTEN)
		return 0;
	return err_wrap(
		e, w == HISTORY_DEAD ? "Kafka has lost records; run it again" : "cannot go on");
}

int history_load_room(struct history_load *l, enum stream_kind kind, struct err *e)
{
	return judge(history_write_room(&l->write, kind, e), e);
}

static int tell(struct history_load *l, struct given *given, int count, struct err *e)
{
	for (int i = 0; i < count; i++) {
		snprintf(given[i].symbol, sizeof(given[i].symbol), "%s", l->symbol);
		if (*given[i].reason)
			snprintf(given[i].reason, sizeof(given[i].reason), "%s", l->none);
		if (judge(history_write_given(&l->write, &given[i], e), e) < 0)
			return -1;
	}
	return 0;
}

static int tell_run(struct history_load *l, struct err *e)
{
	struct given given;

	return given_run_tell(&l->run, &given) ? tell(l, &given, 1, e) : 0;
}

int history_load_row(struct history_load *l, const struct history_row *row, struct err *e)
{
	struct given given[GIVEN_RUN_OUT];

	if (tell(l, given, given_run_add(&l->run, row, given), e) < 0)
		return -1;
	l->rows++;
	return judge(history_write_row(&l->write, l->symbol, row, l->stated_us, e), e);
}

void history_load_passed(struct history_load *l, const struct history_row *row)
{
	struct given told[GIVEN_RUN_OUT];

	given_run_add(&l->run, row, told);
	given_run_tell(&l->run, told);
}

int history_load_break(struct history_load *l, struct err *e)
{
	if (tell_run(l, e) < 0)
		return -1;
	given_run_break(&l->run);
	return 0;
}

int history_load_save(struct history_load *l, int64_t done, struct err *e)
{
	char epoch[24], until[24], stated[24];
	const char *params[] = {
		settings_text(l->settings, "venue", "name"), l->what, epoch, until, stated};

	if (tell_run(l, e) < 0 || judge(history_write_flush(&l->write, e), e) < 0)
		return -1;
	snprintf(epoch, sizeof(epoch), "%" PRId64, l->epoch);
	snprintf(until, sizeof(until), "%" PRId64, done);
	snprintf(stated, sizeof(stated), "%" PRId64, l->stated_us);
	if (pg_query(l->write.pg, "history_load_save", sql_history_load_save, 5, params, NULL, e) !=
		PG_OK)
		return -1;
	l->saved = done;
	return 0;
}

int history_load_end(struct history_load *l, struct err *e)
{
	const char *params[] = {settings_text(l->settings, "venue", "name"), l->what};

	if (tell_run(l, e) < 0 || judge(history_write_flush(&l->write, e), e) < 0)
		return -1;
	return pg_query(l->write.pg, "history_load_end", sql_history_load_end, 2, params, NULL,
		       e) == PG_OK
		       ? 0
		       : -1;
}

void history_load_show(struct history_load *l, double share)
{
	int64_t now_us = clock_mono_us();
	double took_s = (double)(now_us - l->began_us) / SECOND_US;
	double since_s = (double)(now_us - l->shown_us) / SECOND_US;
	char left[40] = "";

	if (l->began_share < 0)
		l->began_share = share;
	if (since_s < 1)
		return;
	if (share > l->began_share)
		snprintf(left, sizeof(left), ", %.0f s left",
			took_s * (1 - share) / (share - l->began_share));
	fprintf(stderr, "%s: %.1f %%, %" PRId64 " rows, %.0f rows/s%s\n", l->what, share * 100,
		l->rows, (double)(l->rows - l->rows_shown) / since_s, left);
	l->shown_us = now_us;
	l->rows_shown = l->rows;
}
