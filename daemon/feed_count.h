/*
 * feed_count: what became of each frame; received = events + answers + unknown + bad + unwanted, exactly. An array counts by its
 * elements.
 *
 * A frame is counted once it is dealt with: one that waits for room in the producer's queue is not yet. Metrics of the process;
 * the log lines that go with them are cut and rate-limited. Feed thread; feed_count_get any.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

void feed_count_event(void);
void feed_count_answer(void); /* answers to requests, errors, notices */
void feed_count_unknown(const char *bytes, size_t len);
void feed_count_unwanted(void); /* of a symbol that is not collected */
void feed_count_array(void);    /* beside its elements */
void feed_count_bad(const char *reason, const char *bytes, size_t len);

struct feed_counts {
	int64_t received, events, answers, unknown, bad, unwanted, arrays;
};
struct feed_counts feed_count_get(void);
