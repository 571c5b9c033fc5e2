/*
 * feed_attempts_file: when attempts to connect were made, by this process and by those before and beside it, in a file of
 * FEED_ATTEMPTS_MAX lines of 64 bytes: time since the machine began and wall clock, both in µs, or blanks.
 *
 * A line is written by one write that stays within a sector, so whatever kills the process or the machine leaves the old line or the
 * new one. Nothing is synchronised to the disk: what a power cut takes are the last seconds. Who reads and writes holds the file's
 * lock meanwhile; nobody waits for it. A file that holds anything else is never written to. Feed thread, after main opened it.
 */
#pragma once
#include "err.h"
#include <stdint.h>

#define FEED_ATTEMPTS_MAX 300

struct feed_attempts_now { /* one moment on two clocks */
	int64_t boot_us;   /* since the machine began, sleep included; never set */
	int64_t wall_us;   /* may jump */
};

enum feed_attempts_lock { FEED_ATTEMPTS_LOCKED, FEED_ATTEMPTS_BUSY, FEED_ATTEMPTS_NO_LOCK };

/* Opens the file, or makes it with nothing in it. The descriptor, or -1. */
must_check int feed_attempts_file_open(const char *path, struct err *e);
/* Busy: another collector has it; ask again soon. Released by feed_attempts_file_unlock. */
must_check enum feed_attempts_lock feed_attempts_file_lock(int fd, struct err *e);
void feed_attempts_file_unlock(int fd);
/* The age of each attempt, or INT64_MAX where there is none. An age is never more than the true one, however the wall clock was set:
 * an attempt that may have been made since the machine began is told by that clock, and only a surely older one by the
 * wall clock, as not younger than the machine. -1: cannot be read or is damaged; `age_us` is unchanged. */
must_check int feed_attempts_file_read(int fd, const struct feed_attempts_now *now,
	int64_t age_us[FEED_ATTEMPTS_MAX], struct err *e);
/* Line `slot` is an attempt made now. */
must_check int feed_attempts_file_write(
	int fd, int slot, const struct feed_attempts_now *now, struct err *e);
