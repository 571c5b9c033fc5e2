#include "log.h"
#include "clock.h"
#include "log_line.h"
#include "log_repeat.h"
#include "log_sinks.h"
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32          /* lines taken from the queue at once */
#define TICK_US SECOND_US /* how often counts are told and a reopen is looked for */
#define STOP_US (2 * SECOND_US)
#define DRAIN_US (STOP_US * 3 / 4)

static struct {
	pthread_mutex_t lock; /* guards all down to `repeats` */
	pthread_cond_t filled;
	bool running, stopping;
	int64_t stop_by_us; /* monotonic */
	struct log_line *ring;
	size_t max, first, count;
	unsigned long refused; /* by the full queue, not told yet */
	struct log_repeats repeats;

	/* From start to stop of the logging thread only. */
	struct log_sinks sinks;
	pthread_t thread;

	_Atomic int level;
	atomic_bool reopen;
	atomic_ulong dropped;
} state = {
	.lock = PTHREAD_MUTEX_INITIALIZER, .level = LOG_INFO, .sinks.writer.program = "pricegraph"};

static _Thread_local char thread_name[16];

void log_thread_name(const char *name)
{
	snprintf(thread_name, sizeof(thread_name), "%s", name);
	pthread_setname_np(pthread_self(), thread_name);
}

unsigned long log_dropped(void)
{
	return atomic_load(&state.dropped);
}

void log_reopen(void)
{
	atomic_store(&state.reopen, true);
}

static void begin_line(struct log_line *l, enum log_level level)
{
	l->wall_us = clock_wall_us();
	l->level = (int)level;
	if (!*thread_name)
		snprintf(thread_name, sizeof(thread_name), "%s",
			gettid() == getpid() ? "main" : "thread");
	memcpy(l->thread, thread_name, sizeof(l->thread));
}

static void write_to_stderr(const struct log_line *l)
{
	char text[LOG_LINE_SIZE];
	size_t len = log_line_print(
		l, &state.sinks.writer, getenv("JOURNAL_STREAM") ? LOG_JOURNALD : LOG_PLAIN, text);

	if (write(STDERR_FILENO, text, len) < 0)
		atomic_fetch_add(&state.dropped, 1);
}

static void write_line(const struct log_line *l)
{
	atomic_fetch_add(&state.dropped, log_sinks_write(&state.sinks, l));
}

/* Tells what callers lost: lines that met a full queue, and repeats that were summed up. */
static void tell_counts(bool all)
{
	struct log_repeat r;
	struct log_line l;

	pthread_mutex_lock(&state.lock);
	unsigned long refused = state.refused;
	state.refused = 0;
	while (log_repeat_take(&state.repeats, clock_mono_us(), all, &r)) {
		pthread_mutex_unlock(&state.lock);
		log_line_own(
			&l, r.level, "log_repeated", "event=%s lines=%lu", r.event, r.suppressed);
		write_line(&l);
		pthread_mutex_lock(&state.lock);
	}
	pthread_mutex_unlock(&state.lock);
	if (refused) {
		log_sinks_count_refused((int64_t)refused);
		log_line_own(&l, LOG_WARN, "log_dropped", "lines=%lu cause=queue", refused);
		write_line(&l);
	}
}

static void tick(bool last)
{
	if (atomic_exchange(&state.reopen, false))
		log_sinks_reopen(&state.sinks);
	tell_counts(last);
	log_sinks_tell(&state.sinks);
}

static void copy_line(struct log_line *to, const struct log_line *from)
{
	memcpy(to, from, offsetof(struct log_line, text) + strlen(from->text) + 1);
}

static void wait_filled_locked(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TICK_US / SECOND_US;
	while (!state.count && !state.stopping)
		if (pthread_cond_timedwait(&state.filled, &state.lock, &until) == ETIMEDOUT)
			return;
}

static size_t take_locked(struct log_line out[BATCH])
{
	size_t n = state.count < BATCH ? state.count : BATCH;

	for (size_t i = 0; i < n; i++)
		copy_line(&out[i], &state.ring[(state.first + i) % state.max]);
	state.first = (state.first + n) % state.max;
	state.count -= n;
	return n;
}

static void *run(void *unused)
{
	static struct log_line batch[BATCH]; /* of the one logging thread */
	int64_t ticked_us = clock_mono_us();
	bool over = false;

	(void)unused;
	log_thread_name("log");
	while (!over) {
		pthread_mutex_lock(&state.lock);
		wait_filled_locked();
		size_t n = take_locked(batch);
		over = state.stopping && (!state.count || clock_mono_us() >= state.stop_by_us);
		bool refused = state.refused;
		pthread_mutex_unlock(&state.lock);
		for (size_t i = 0; i < n; i++)
			write_line(&batch[i]);
		if (over || refused || clock_mono_us() - ticked_us >= TICK_US) {
			tick(over);
			ticked_us = clock_mono_us();
		}
	}
	return NULL;
}

static void release(void)
{
	log_sinks_done(&state.sinks);
	free(state.ring);
	state.ring = NULL;
}

/* Signals are the main thread's business. */
static int start_thread(struct err *e)
{
	sigset_t all, old;
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&state.filled, &attr);
	pthread_condattr_destroy(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	int failed = pthread_create(&state.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (failed)
		pthread_cond_destroy(&state.filled);
	return failed ? err_set(e, "cannot start the logging thread: %s", strerror(failed)) : 0;
}

int log_start(const struct settings *s, const char *program, struct err *e)
{
	assert(!state.running);
	state.max = (size_t)settings_int(s, "log", "queue");
	state.ring = calloc(state.max, sizeof(*state.ring));
	if (!state.ring)
		return err_set(e, "no memory for the log's queue");
	state.first = state.count = 0;
	state.stopping = false;
	state.refused = 0;
	state.repeats =
		(struct log_repeats){.limit = (unsigned long)settings_int(s, "log", "repeats")};
	if (log_sinks_init(&state.sinks, s, program, e) < 0 || start_thread(e) < 0) {
		release();
		return -1;
	}
	atomic_store(&state.level, log_sinks_level(&state.sinks));
	pthread_mutex_lock(&state.lock);
	state.running = true;
	pthread_mutex_unlock(&state.lock);
	return 0;
}

void log_stop(void)
{
	struct timespec by;

	pthread_mutex_lock(&state.lock);
	bool was_running = state.running;
	state.running = false;
	state.stopping = true;
	state.stop_by_us = clock_mono_us() + DRAIN_US;
	if (was_running)
		pthread_cond_signal(&state.filled);
	pthread_mutex_unlock(&state.lock);
	if (!was_running)
		return;
	clock_gettime(CLOCK_REALTIME, &by);
	by.tv_sec += STOP_US / SECOND_US;
	/* A thread that hangs in a write to a dead disk keeps what it uses: the process ends. */
	if (pthread_timedjoin_np(state.thread, NULL, &by) != 0)
		return;
	atomic_fetch_add(&state.dropped, state.count);
	pthread_cond_destroy(&state.filled);
	release();
}

/* Puts the line into the queue, or counts it. False: the log does not run. */
static bool enqueue(const struct log_line *l, const char *event)
{
	pthread_mutex_lock(&state.lock);
	bool running = state.running;
	if (!running || !log_repeat_allows(&state.repeats, l->level, event, clock_mono_us()))
		goto out;
	if (state.count == state.max) {
		state.refused++;
		atomic_fetch_add(&state.dropped, 1);
		goto out;
	}
	copy_line(&state.ring[(state.first + state.count) % state.max], l);
	if (state.count++ == 0)
		pthread_cond_signal(&state.filled);
out:
	pthread_mutex_unlock(&state.lock);
	return running;
}

void log_event(enum log_level level, const char *event, const char *format, ...)
{
	struct log_line l;
	va_list args;

	if ((int)level > atomic_load_explicit(&state.level, memory_order_relaxed))
		return;
	int saved = errno;
	begin_line(&l, level);
	va_start(args, format);
	log_line_fill(&l, event, format, args);
	va_end(args);
	if (!enqueue(&l, event))
		write_to_stderr(&l);
	errno = saved;
}
