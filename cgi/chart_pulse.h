/*
 * chart_pulse: what the database said last: epoch, generation and each partition's revision; and whether it answers at all.
 *
 * Every writer raises its partition's revision with each commit, so a beat tells whether an answer made before is still what the database would
 * say. One thread with a connection of its own asks, one cheap statement, at most once in `every_us` and only while somebody wants to know or is
 * busy with the database; polling, as a replica has no notifications. A beat that takes longer than 700 ms, or fails, means that the database
 * is away: `away` is set, whoever waits for a statement gives up, and it is asked again, at most half a second apart, until it answers.
 */
#pragma once
#include "err.h"
#include "topic.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct chart_beat {
	int64_t at_us; /* monotonic, before it was asked */
	bool known;    /* the venue is there */
	int64_t epoch, generation;
	int64_t revisions[TOPIC_PARTITIONS];
};

/* Of a partition, or of all of them together (-1): a number that each commit raises. */
int64_t chart_beat_revision(const struct chart_beat *b, int partition);

struct chart_pulse;

/* `venue` is lent; the thread starts. NULL: `e` says why. */
struct chart_pulse *chart_pulse_new(
	const char *conninfo, const char *venue, int64_t every_us, struct err *e);
void chart_pulse_free(struct chart_pulse *p);
/* Any thread, never blocks: the last beat if it began at most max_age_us ago, and asks for the next one in any case. false: there is none that new, or
 * the database is away. */
bool chart_pulse_now(struct chart_pulse *p, int64_t max_age_us, struct chart_beat *out);
/* The same, but waits for one, at most as long as a beat may take. false: the database is away. max_age_us must be greater than every_us. */
bool chart_pulse_wait(struct chart_pulse *p, int64_t max_age_us, struct chart_beat *out);
/* Between these two the caller is busy with the database: beats go on, so that it learns when the database goes away. */
void chart_pulse_enter(struct chart_pulse *p);
void chart_pulse_leave(struct chart_pulse *p);
/* Lives as long as `p`. */
const atomic_bool *chart_pulse_away(const struct chart_pulse *p);
