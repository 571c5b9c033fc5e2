#include "clock.h"
#include "correct_inverse.h"
#include "correct_kafka.h"
#include "correct_stretch.h"
#include "ctl_command.h"
#include "ctl_options.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX 1000 /* bytes */

struct correct {
	const char *venue;
	struct ctl_options o;
	struct pg *pg;
	struct correct_bounds bounds;
};

static int begin(struct correct *c, const struct settings *s, struct err *e)
{
	c->venue = settings_text(s, "venue", "name");
	c->pg = pg_new(settings_text(s, "postgres", "collector"), "pricegraphctl");
	return c->pg ? correct_bounds_read(c->pg, c->venue, c->o.words[0], &c->bounds, e)
		     : err_set(e, "no memory for a connection");
}

static int check_reason(const struct ctl_options *o, struct err *e)
{
	if (!o->reason)
		return err_set(e, "--reason is missing: it stands in the audit");
	return strlen(o->reason) <= REASON_MAX
		       ? 0
		       : err_set(e, "the reason is longer than %d bytes", REASON_MAX);
}

static void end(struct change_write *w)
{
	bool any = false;

	change_write_end(w);
	for (int i = 0; i < LADDER_COUNT; i++)
		any = any || w->changed[i];
	if (any && !w->dry)
		printf("this was run %" PRId64 "; `correct %s --inverse %" PRId64
		       "` prints what undoes it\n",
			w->run, w->symbol, w->run);
}

static int correct_file(struct correct *c, enum ladder level, struct err *e)
{
	struct correct_file f;
	struct change_write w;
	int rc = correct_file_read(&f, c->o.from, level, e);

	change_write_init(&w, c->pg, c->venue, c->o.words[0]);
	w.why = c->o.reason;
	w.dry = c->o.dry_run;
	if (rc == 0)
		rc = correct_work_check(&f, &w, &c->bounds, e);
	if (rc == 0) {
		rc = correct_work_file(&w, &f, &c->bounds, e);
		end(&w);
	}
	change_write_done(&w);
	correct_file_done(&f);
	return rc;
}

static int read_run(const char *text, int64_t *run, struct err *e)
{
	char *rest;

	errno = 0;
	*run = strtoll(text, &rest, 10);
	return errno == 0 && *rest == '\0' && *run > 0
		       ? 0
		       : err_set(e, "'%s' is no number of a run", text);
}

/* Either a file, or the number of a run. */
static int check_what(const struct correct *c, int *level, int64_t *run, struct err *e)
{
	const struct ctl_options *o = &c->o;

	if (o->word_count != 1)
		return err_set(e, "one symbol is due");
	if (!o->from == !o->inverse)
		return err_set(e, "either --from FILE or --inverse RUN is due");
	if (o->inverse)
		return read_run(o->inverse, run, e);
	*level = o->interval ? candle_level_find(o->interval, strlen(o->interval)) : LADDER_1S;
	if (*level < 0)
		return err_set(e, "--interval is 1s, 1m, 1h or 1d");
	return check_reason(o, e);
}

int ctl_correct(const struct settings *s, char **arguments, struct err *e)
{
	struct correct c = {.pg = NULL};
	int level = LADDER_1S, rc;
	int64_t run = 0;

	if (ctl_options_read(&c.o, arguments, "from reason interval inverse dry-run", e) != 0 ||
		check_what(&c, &level, &run, e) != 0)
		return -1;
	rc = begin(&c, s, e);
	if (rc == 0)
		rc = c.o.inverse ? correct_inverse_print(c.pg, c.venue, c.o.words[0], run, e)
				 : correct_file(&c, (enum ladder)level, e);
	pg_free(c.pg);
	return rc;
}

/* A symbol, and two times that whole seconds lie between. */
static int read_stretch(
	const struct ctl_options *o, int64_t *from_us, int64_t *to_us, struct err *e)
{
	if (o->word_count != 3)
		return err_set(e, "a symbol and two times are due");
	if (ctl_time_read(o->words[1], from_us, e) != 0 ||
		ctl_time_read(o->words[2], to_us, e) != 0)
		return -1;
	return *from_us < *to_us && *from_us % SECOND_US == 0 && *to_us % SECOND_US == 0
		       ? 0
		       : err_set(e, "from %s to %s: no whole seconds", o->words[1], o->words[2]);
}

static int check_stretch(
	const struct correct *c, int64_t from_us, int64_t to_us, int64_t kept_us, struct err *e)
{
	const char *what = kept_us == c->bounds.raw_us ? "raw rows" : "candles";
	char limit[CHANGE_TIME_SIZE];

	if (to_us > c->bounds.settled_us) {
		change_time_format(c->bounds.settled_us, limit);
		return err_set(e, "only what ends by %s is settled", limit);
	}
	if (from_us < kept_us) {
		change_time_format(kept_us, limit);
		return err_set(e, "%s before %s are not kept any more", what, limit);
	}
	return 0;
}

static int delete_stretch(struct correct *c, int64_t from_us, int64_t to_us, struct err *e)
{
	struct change_write w;
	int rc;

	if (check_stretch(c, from_us, to_us, c->bounds.horizon_us[LADDER_1M], e) != 0)
		return -1;
	change_write_init(&w, c->pg, c->venue, c->o.words[0]);
	w.what = "delete";
	w.why = c->o.reason;
	w.dry = c->o.dry_run;
	rc = correct_stretch_remove(&w, &c->bounds, from_us, to_us, e);
	end(&w);
	change_write_done(&w);
	return rc;
}

int ctl_delete(const struct settings *s, char **arguments, struct err *e)
{
	struct correct c = {.pg = NULL};
	int64_t from_us = 0, to_us = 0;
	int rc;

	if (ctl_options_read(&c.o, arguments, "reason dry-run", e) != 0 ||
		read_stretch(&c.o, &from_us, &to_us, e) != 0 || check_reason(&c.o, e) != 0)
		return -1;
	rc = begin(&c, s, e);
	if (rc == 0)
		rc = delete_stretch(&c, from_us, to_us, e);
	pg_free(c.pg);
	return rc;
}

static int rebuild_stretch(
	struct correct *c, const struct settings *s, int64_t from_us, int64_t to_us, struct err *e)
{
	int64_t seconds_us = c->bounds.horizon_us[LADDER_1S];
	struct change_write w;
	int rc;

	if (check_stretch(c, from_us, to_us, c->o.from_kafka ? seconds_us : c->bounds.raw_us, e) !=
		0)
		return -1;
	change_write_init(&w, c->pg, c->venue, c->o.words[0]);
	w.what = "rebuild";
	w.why = c->o.from_kafka ? "computed anew from Kafka" : "computed anew from the raw rows";
	w.dry = c->o.dry_run;
	rc = correct_stretch_ensure(&w, from_us, to_us, e);
	if (rc == 0)
		rc = c->o.from_kafka ? correct_kafka_rebuild(&w, s, &c->bounds, from_us, to_us, e)
				     : correct_stretch_rebuild(&w, from_us, to_us, e);
	end(&w);
	change_write_done(&w);
	return rc;
}

int ctl_rebuild(const struct settings *s, char **arguments, struct err *e)
{
	struct correct c = {.pg = NULL};
	int64_t from_us = 0, to_us = 0;
	int rc;

	if (ctl_options_read(&c.o, arguments, "dry-run from-kafka", e) != 0 ||
		read_stretch(&c.o, &from_us, &to_us, e) != 0)
		return -1;
	rc = begin(&c, s, e);
	if (rc == 0)
		rc = rebuild_stretch(&c, s, from_us, to_us, e);
	pg_free(c.pg);
	return rc;
}
