#include "clock.h"
#include "ctl_command.h"
#include "ctl_options.h"
#include "history_load.h"
#include "rest_history.h"
#include "rest_limits.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AGE_US (10 * SECOND_US) /* before, REST may lack the last trades */
#define SAVE_PAGES 5
#define WORDS_MIN 3 /* symbol, begin, end; a kind may follow */

struct load {
	struct history_load load;
	struct binance_rest *rest;
	struct rest_history history;
	struct rest_history_want want;
};

static int read_kind(const char *kind, const char *interval, struct given_kind *out, struct err *e)
{
	int level = interval ? ladder_find(interval) : LADDER_1S;
	bool trades = strcmp(kind, "aggTrades") == 0;

	if (!trades && strcmp(kind, "klines") != 0)
		return err_set(e, "'%s' is neither klines nor aggTrades", kind);
	if (trades && interval)
		return err_set(e, "--interval is for klines");
	if (level < 0)
		return err_set(e,
			"--interval: bars of '%s' are not stored: 1s, 1m, 1h and 1d are, the "
			"others "
			"are made of them",
			interval);
	*out = (struct given_kind){trades ? STREAM_AGG_TRADE : STREAM_KLINE_1S, (enum ladder)level};
	return 0;
}

static int read_want(char **arguments, struct rest_history_want *want, struct err *e)
{
	struct ctl_options o;

	if (ctl_options_read(&o, arguments, "interval", e) < 0)
		return -1;
	if (o.word_count < WORDS_MIN)
		return err_set(e, "symbol, begin and end are due");
	if (o.word_count > WORDS_MIN + 1)
		return err_set(e, "what is '%s'?", o.words[WORDS_MIN + 1]);
	*want = (struct rest_history_want){.symbol = o.words[0]};
	if (strlen(o.words[0]) >= SYMBOL_SIZE || !*o.words[0])
		return err_set(e, "the symbol has 1 to %d bytes", SYMBOL_SIZE - 1);
	if (read_kind(o.word_count > WORDS_MIN ? o.words[WORDS_MIN] : "klines", o.interval,
		    &want->kind, e) < 0 ||
		ctl_time_read(o.words[1], &want->from_us, e) < 0 ||
		ctl_time_read(o.words[2], &want->to_us, e) < 0)
		return -1;
	want->from_us = clock_floor(want->from_us, ladder_width_us[want->kind.level]);
	return want->from_us < want->to_us
		       ? 0
		       : err_set(e, "from %s to %s: nothing", o.words[1], o.words[2]);
}

/* Waits as long as the exchange asks for. */
static int be_patient(struct load *l, enum rest_done done, struct err *e)
{
	switch (done) {
	case REST_OK:
		return 0;
	case REST_LATER:
		fprintf(stderr, "waits %.0f s: %s\n",
			(double)(binance_rest_not_before_us(l->rest) - clock_mono_us()) / SECOND_US,
			e->text);
		return binance_rest_wait(l->rest) ? 1 : -1;
	case REST_REFUSED:
	case REST_STOPPED:
		break;
	}
	return err_wrap(e, "the exchange refuses");
}

static int venue_clock(struct load *l, int64_t *us, struct err *e)
{
	int64_t round_trip_us;
	int rc;

	do
		rc = be_patient(l, binance_rest_time(l->rest, us, &round_trip_us, e), e);
	while (rc > 0);
	return rc;
}

/* Where the exchange does not say how much it grants, the setting holds. */
static int read_limits(struct load *l, struct err *e)
{
	enum rest_done done;
	int rc;

	do {
		done = rest_limits_ask(l->rest, e);
		rc = be_patient(l, done, e);
	} while (rc > 0);
	return done == REST_REFUSED ? 0 : rc;
}

/* Where the stretch goes on: for bars the time, for trades the id that comes next. */
static int64_t place(const struct rest_history *h)
{
	return h->want.kind.stream == STREAM_KLINE_1S ? h->next_us : h->next_id;
}

static double share(const struct rest_history *h)
{
	const struct rest_history_want *w = &h->want;
	double part = (double)(h->next_us - w->from_us) / (double)(w->to_us - w->from_us);

	return part < 0 ? 0 : part > 1 ? 1 : part;
}

static int load_page(struct load *l, struct err *e)
{
	struct history_row row;
	int rc;

	if (history_load_room(&l->load, l->want.kind.stream, e) < 0)
		return -1;
	do
		rc = be_patient(l, rest_history_page(&l->history, l->rest, e), e);
	while (rc > 0);
	if (rc < 0)
		return -1;
	while (rest_history_next(&l->history, &row))
		if (history_load_row(&l->load, &row, e) < 0)
			return -1;
	history_load_show(&l->load, share(&l->history));
	return 0;
}

static int load_all(struct load *l, struct err *e)
{
	char what[200];
	int64_t now_us = 0, closed_us, width_us = ladder_width_us[l->want.kind.level];

	if (read_limits(l, e) < 0 || venue_clock(l, &now_us, e) < 0)
		return -1;
	closed_us = clock_floor(now_us - AGE_US, width_us);
	if (l->want.to_us > closed_us)
		l->want.to_us = closed_us;
	if (l->want.from_us >= l->want.to_us)
		return err_set(e, "that time has not come, or is not over");
	/* Named by what was asked for: the end may have moved since it was interrupted. */
	snprintf(what, sizeof(what), "%s %s from %" PRId64, l->want.symbol,
		given_kind_name(l->want.kind), (int64_t)(l->want.from_us / MS_US));
	if (history_load_begin(&l->load, what, l->want.symbol, now_us, e) < 0)
		return -1;
	rest_history_begin(&l->history, &l->want);
	if (l->load.saved >= 0) {
		printf("goes on where it was interrupted\n");
		rest_history_resume(&l->history, l->load.saved);
	}
	for (int page = 1; !l->history.finished; page++) {
		if (load_page(l, e) < 0)
			return -1;
		if (page % SAVE_PAGES == 0 && !l->history.finished &&
			history_load_save(&l->load, place(&l->history), e) < 0)
			return -1;
	}
	return history_load_end(&l->load, e);
}

int ctl_backfill(const struct settings *s, char **arguments, struct err *e)
{
	struct load l = {.rest = NULL};
	int rc = -1;

	if (read_want(arguments, &l.want, e) < 0)
		return -1;
	rest_history_init(&l.history);
	l.rest = binance_rest_new(s, "ctl", e);
	if (l.rest && history_load_init(&l.load, s, "rest", e) == 0) {
		binance_rest_bulk(l.rest);
		rc = load_all(&l, e);
		if (rc == 0)
			printf("%s %s: %" PRId64 " rows in Kafka\n", l.want.symbol,
				given_kind_name(l.want.kind), l.load.rows);
		history_load_done(&l.load);
	}
	rest_history_done(&l.history);
	binance_rest_free(l.rest);
	return rc;
}
