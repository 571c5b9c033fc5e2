#include "feed_record.h"
#include "buf.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITE_EVERY_US (100 * MS_US)
#define AGAIN_US (10 * SECOND_US) /* after a failure */
#define TIME_BYTES 24             /* of a line: the time, the blank and the line feed */

METRIC_COUNTER(recorded, "pricegraph_feed_recorded_total", "Frames that were recorded.");
METRIC_COUNTER(dropped, "pricegraph_feed_record_dropped_total",
	"Frames that were not recorded, because the queue was full or the file could not be "
	"written.");

struct feed_record {
	char folder[512];
	int64_t file_bytes;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	/* lock */
	struct buf filling;
	bool stop;
	/* the thread's */
	struct buf writing;
	int fd; /* -1: none is open */
	int64_t size;
	int64_t not_before_us; /* monotonic; after a failure */
};

static int open_next(struct feed_record *r)
{
	char path[600];

	snprintf(
		path, sizeof(path), "%s/frames-%016lld.log", r->folder, (long long)clock_wall_us());
	r->not_before_us = clock_mono_us() + AGAIN_US;
	r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	r->size = 0;
	if (r->fd < 0) {
		log_error("feed_record_not_opened", "file=\"%s\" reason=\"%s\"", path,
			strerror(errno));
		return -1;
	}
	r->not_before_us = 0;
	log_info("feed_record_opened", "file=\"%s\"", path);
	return 0;
}

static void close_file(struct feed_record *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static int64_t count_lines(const char *at, size_t len)
{
	int64_t lines = 0;

	for (const char *p = at; (p = memchr(p, '\n', len - (size_t)(p - at))); p++)
		lines++;
	return lines;
}

/* How many of these whole lines go into the open file: those that fit, and a longer one into an empty file. */
static size_t share(const struct feed_record *r, const char *at, size_t len)
{
	int64_t room = r->file_bytes - r->size;
	const char *end = NULL;

	if ((int64_t)len <= room)
		return len;
	if (room > 0)
		end = memrchr(at, '\n', (size_t)room);
	if (!end && !r->size)
		end = memchr(at, '\n', len);
	return end ? (size_t)(end - at) + 1 : 0;
}

static int write_all(int fd, const char *at, size_t len)
{
	while (len) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* After a failure what comes is dropped for a while, before a new file is tried. */
static void write_out(struct feed_record *r, const char *at, size_t len)
{
	while (len) {
		if (r->fd < 0 && (clock_mono_us() < r->not_before_us || open_next(r) < 0))
			break;
		size_t n = share(r, at, len);
		if (n && write_all(r->fd, at, n) < 0) {
			log_error("feed_record_not_written", "reason=\"%s\"", strerror(errno));
			close_file(r);
			r->not_before_us = clock_mono_us() + AGAIN_US;
			break;
		}
		metric_add(&recorded, count_lines(at, n));
		r->size += (int64_t)n;
		at += n;
		len -= n;
		if (len)
			close_file(r);
	}
	metric_add(&dropped, count_lines(at, len));
}

/* Thread "record". */
static void *run(void *arg)
{
	struct feed_record *r = arg;
	bool stop = false;

	log_thread_name("record");
	while (!stop) {
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += WRITE_EVERY_US * 1000;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		pthread_mutex_lock(&r->lock);
		if (!r->stop)
			pthread_cond_timedwait(&r->wake, &r->lock, &until);
		struct buf full = r->filling;
		r->filling = r->writing;
		r->writing = full;
		stop = r->stop;
		pthread_mutex_unlock(&r->lock);
		write_out(r, r->writing.data, r->writing.len);
		buf_reset(&r->writing);
	}
	close_file(r);
	return NULL;
}

static int prepare_folder(struct feed_record *r, const char *folder, struct err *e)
{
	if (snprintf(r->folder, sizeof(r->folder), "%s", folder) >= (int)sizeof(r->folder))
		return err_set(e, "feed.record: the path is too long");
	if (mkdir(folder, 0755) < 0 && errno != EEXIST)
		return err_set(e, "feed.record: cannot make '%s': %s", folder, strerror(errno));
	if (access(folder, W_OK | X_OK) < 0)
		return err_set(
			e, "feed.record: cannot write into '%s': %s", folder, strerror(errno));
	return 0;
}

struct feed_record *feed_record_new(const struct settings *s, struct err *e)
{
	struct feed_record *r = calloc(1, sizeof(*r));
	pthread_condattr_t monotonic;

	if (!r) {
		err_set(e, "no memory");
		return NULL;
	}
	r->fd = -1;
	r->file_bytes = settings_int(s, "feed", "record_bytes");
	buf_init(&r->filling, FEED_RECORD_QUEUE_BYTES);
	buf_init(&r->writing, FEED_RECORD_QUEUE_BYTES);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (prepare_folder(r, settings_text(s, "feed", "record"), e) < 0)
		goto out;
	int failed = pthread_create(&r->thread, NULL, run, r);
	if (!failed) {
		r->running = true;
		return r;
	}
	err_set(e, "cannot start thread record: %s", strerror(failed));
out:
	feed_record_free(r);
	return NULL;
}

void feed_record_free(struct feed_record *r)
{
	if (!r)
		return;
	if (r->running) {
		pthread_mutex_lock(&r->lock);
		r->stop = true;
		pthread_cond_signal(&r->wake);
		pthread_mutex_unlock(&r->lock);
		pthread_join(r->thread, NULL);
	}
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	buf_done(&r->filling);
	buf_done(&r->writing);
	free(r);
}

/* Into a queue that has room. */
static void add_line(struct buf *b, int64_t received_us, const char *bytes, size_t len)
{
	size_t start;

	buf_add_int(b, received_us);
	buf_add_char(b, ' ');
	start = b->len;
	buf_add(b, bytes, len);
	for (char *p = b->data + start, *end = b->data + b->len;
		!b->failed && (p = memchr(p, '\n', (size_t)(end - p)));)
		*p = ' ';
	buf_add_char(b, '\n');
}

void feed_record_frame(struct feed_record *r, int64_t received_us, const char *bytes, size_t len)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	struct buf *b = &r->filling;
	bool before = b->len < FEED_RECORD_QUEUE_BYTES / 2;
	size_t kept = b->len;
	if (len + TIME_BYTES <= FEED_RECORD_QUEUE_BYTES - b->len)
		add_line(b, received_us, bytes, len);
	bool done = b->len > kept && !b->failed;
	if (!done) {
		b->len = kept;
		b->failed = false;
	}
	if (before && b->len >= FEED_RECORD_QUEUE_BYTES / 2)
		pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
	if (!done)
		metric_add(&dropped, 1);
}
