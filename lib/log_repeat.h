/*
 * log_repeat: how often each event was logged lately, so that a loop of failures is a few lines and
 * a count.
 *
 * Windows of LOG_REPEAT_WINDOW_US by event; at most LOG_REPEAT_EVENTS of them at once: beyond, an
 * event is not limited. The caller locks.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#define LOG_REPEAT_WINDOW_US 10000000LL
#define LOG_REPEAT_EVENTS 128
#define LOG_EVENT_SIZE 48

struct log_repeat {
	char event[LOG_EVENT_SIZE]; /* empty: free */
	int level;
	int64_t since_us; /* monotonic */
	unsigned long lines, suppressed;
};

struct log_repeats {
	unsigned long limit; /* lines in a window; 0 = none */
	struct log_repeat of[LOG_REPEAT_EVENTS];
};

/* Counts a line of the event. False: one too many, it was only counted. */
bool log_repeat_allows(struct log_repeats *r, int level, const char *event, int64_t now_us);
/* Ends one window that is over and had lines suppressed (with `all`: any that had), and copies it
 * to `out`. False: there is none. */
bool log_repeat_take(struct log_repeats *r, int64_t now_us, bool all, struct log_repeat *out);
