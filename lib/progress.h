/*
 * progress: whether each part of the collector gets on, for the watchdog and for /healthz.
 *
 * A part reports that its data advanced (feed: T moved, also by a PONG while nobody trades; sink: a commit, or all that Kafka has
 * is taken and there is nothing to do). A part that can't get on for a reason outside this process (the exchange, Kafka
 * or PostgreSQL away, another sink) and keeps trying says so: to restart the process would not help it, and would
 * lose what is queued. A part that says neither for long is stuck. One relaxed atomic each: any thread, no waiting.
 */
#pragma once
#include <stdint.h>

enum progress {
	PROGRESS_FEED,
	PROGRESS_KAFKA, /* acknowledgements of what the feed handed over; no part of its own */
	PROGRESS_SINK,
	PROGRESS_COUNT
};

enum progress_wait {
	WAIT_NONE,
	WAIT_EXCHANGE, /* no connection; tries again */
	WAIT_KAFKA,    /* no broker, or the producer's queue is full */
	WAIT_DATABASE,
	WAIT_RECORDS, /* all that Kafka has is committed */
	WAIT_STANDBY, /* another sink owns the venue */
	WAIT_ENDED,   /* the recording is over: nothing more will come */
};

/* The data of the part advanced, or it has nothing to do. */
void progress_report(enum progress part, int64_t mono_us);
/* The part goes on trying, but `why` holds its data up. */
void progress_wait(enum progress part, enum progress_wait why, int64_t mono_us);

/* The newest data of the part are so far behind the venue, or behind what Kafka has. */
void progress_behind(enum progress part, int64_t us);

struct progress_state {
	int64_t behind_us;      /* as last told; 0 = not told */
	int64_t advanced_us;    /* monotonic; of the last report, 0 = none yet */
	int64_t waiting_us;     /* of the last progress_wait, 0 = none yet */
	enum progress_wait why; /* WAIT_NONE when the last word was a report */
};
struct progress_state progress_get(enum progress part);
const char *progress_name(enum progress part);          /* "feed" */
const char *progress_wait_name(enum progress_wait why); /* "exchange"; "" of WAIT_NONE */
