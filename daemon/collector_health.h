/*
 * collector_health: is the collector well (by the age of its data), and is it stuck (by what its parts last said)?
 *
 * Well is what /healthz answers: every part that runs has data no older than [http] max_age. For the feed that is how long ago,
 * and how far behind the venue's clock, T moved (PONGs move it while nobody trades); for Kafka the last acknowledgement of what
 * the feed handed over (control records go each second); for the sink the last commit, or how far behind Kafka it is. A part
 * whose recording is over is well.
 *
 * Stuck is what the watchdog asks. A part is stuck when it has not said for the limit that its data advanced, nor what outside
 * this process holds it up. The exchange, Kafka or PostgreSQL away, for however long, is no reason to be restarted: that would not
 * bring them back, and would lose what waits for Kafka. A transaction under way, which PostgreSQL may hold up, is given
 * HEALTH_DATABASE_US. A sink that finds nothing in Kafka while the feed's records are acknowledged is stuck as well.
 */
#pragma once
#include "buf.h"
#include "progress.h"
#include "settings.h"
#include <stdbool.h>
#include <stdint.h>

#define HEALTH_DATABASE_US (15 * 60000000LL)

struct collector_health {
	const char *venue; /* lent */
	bool runs[PROGRESS_COUNT];
	int64_t max_age_us;
};

void collector_health_init(struct collector_health *h, const struct settings *s);
/* Age of the part's data in µs; -1: there were none yet. */
int64_t collector_health_age_us(enum progress part, int64_t mono_us);
/* Appends the answer of /healthz as JSON; true if the collector is well. Any thread. */
bool collector_health_print(const struct collector_health *h, int64_t mono_us, struct buf *out);
/* The first part that is stuck, with `limit_us` as its patience; PROGRESS_COUNT: none. `since_us`: when the process started. */
enum progress collector_health_stuck(
	const struct collector_health *h, int64_t limit_us, int64_t since_us, int64_t mono_us);
