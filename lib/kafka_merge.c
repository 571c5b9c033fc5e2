#include "kafka_merge.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define AHEAD 64 /* messages taken from librdkafka's queue at once */

struct kafka_lane {
	rd_kafka_topic_t *rkt;
	int partition, tag;
	rd_kafka_queue_t *queue;
	rd_kafka_message_t *ahead[AHEAD];
	size_t next, end;    /* of `ahead` */
	int64_t produced_ms; /* of the next one */
};

int kafka_merge_init(struct kafka_merge *m, rd_kafka_t *rk, struct err *e)
{
	*m = (struct kafka_merge){.rk = rk, .wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	if (m->wake < 0)
		return err_set(e, "cannot make an eventfd: %s", strerror(errno));
	return 0;
}

void kafka_merge_done(struct kafka_merge *m)
{
	kafka_merge_stop(m);
	free(m->lanes);
	m->lanes = NULL;
	if (m->rk && m->wake >= 0)
		close(m->wake);
	m->rk = NULL;
}

/* On a thread of librdkafka. */
static void ring(rd_kafka_t *rk, void *wake)
{
	(void)rk;
	eventfd_write(*(int *)wake, 1);
}

static void stop_lane(struct kafka_lane *lane)
{
	rd_kafka_queue_cb_event_enable(lane->queue, NULL, NULL);
	rd_kafka_consume_stop(lane->rkt, lane->partition);
	while (lane->next < lane->end)
		rd_kafka_message_destroy(lane->ahead[lane->next++]);
	rd_kafka_queue_destroy(lane->queue);
}

void kafka_merge_stop(struct kafka_merge *m)
{
	for (size_t i = 0; i < m->count; i++)
		stop_lane(&m->lanes[i]);
	m->count = 0;
}

int kafka_merge_begin(struct kafka_merge *m, size_t count)
{
	struct kafka_lane *lanes;

	kafka_merge_stop(m);
	if (count <= m->room)
		return 0;
	lanes = realloc(m->lanes, count * sizeof(*lanes));
	if (!lanes)
		return -1;
	m->lanes = lanes;
	m->room = count;
	return 0;
}

int kafka_merge_add(
	struct kafka_merge *m, rd_kafka_topic_t *rkt, int partition, int64_t offset, int tag)
{
	struct kafka_lane *lane = &m->lanes[m->count];

	*lane = (struct kafka_lane){.rkt = rkt, .partition = partition, .tag = tag};
	lane->queue = rd_kafka_queue_new(m->rk);
	rd_kafka_queue_cb_event_enable(lane->queue, ring, &m->wake);
	if (rd_kafka_consume_start_queue(rkt, partition, offset, lane->queue) != 0) {
		rd_kafka_queue_destroy(lane->queue);
		return -1;
	}
	m->count++;
	return 0;
}

bool kafka_merge_reads(const struct kafka_merge *m, const rd_kafka_topic_t *rkt, int partition)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->lanes[i].rkt == rkt && m->lanes[i].partition == partition)
			return true;
	return false;
}

/* An error has no time and comes first. */
static void note_next(struct kafka_lane *lane)
{
	const rd_kafka_message_t *m = lane->ahead[lane->next];

	lane->produced_ms = m->err ? INT64_MIN : rd_kafka_message_timestamp(m, NULL);
}

static bool has_next(struct kafka_lane *lane)
{
	ssize_t n;

	if (lane->next < lane->end)
		return true;
	if (!rd_kafka_queue_length(lane->queue))
		return false;
	n = rd_kafka_consume_batch_queue(lane->queue, 0, lane->ahead, AHEAD);
	lane->next = 0;
	lane->end = n > 0 ? (size_t)n : 0;
	if (lane->end)
		note_next(lane);
	return lane->end > 0;
}

/* The lane whose next message is the oldest; NULL: all are empty. *until_ms: as far as it may go before another one's turn. */
static struct kafka_lane *oldest(struct kafka_merge *m, int64_t *until_ms)
{
	struct kafka_lane *first = NULL;

	*until_ms = INT64_MAX;
	for (size_t i = 0; i < m->count; i++) {
		struct kafka_lane *lane = &m->lanes[i];

		if (!has_next(lane))
			continue;
		if (!first || lane->produced_ms < first->produced_ms) {
			if (first)
				*until_ms = first->produced_ms;
			first = lane;
		} else if (lane->produced_ms < *until_ms) {
			*until_ms = lane->produced_ms;
		}
	}
	return first;
}

size_t kafka_merge_take(struct kafka_merge *m, struct kafka_merged *out, size_t max)
{
	struct kafka_lane *lane;
	int64_t until_ms;
	size_t n = 0;

	while (n < max && (lane = oldest(m, &until_ms)))
		while (n < max && has_next(lane) && lane->produced_ms <= until_ms) {
			out[n++] = (struct kafka_merged){lane->ahead[lane->next++], lane->tag};
			if (lane->next < lane->end)
				note_next(lane);
		}
	return n;
}

void kafka_merge_wait(struct kafka_merge *m, int timeout_ms)
{
	struct pollfd wake = {.fd = m->wake, .events = POLLIN};
	eventfd_t rung;

	/* Rung after this: there is something that kafka_merge_take has not seen. */
	poll(&wake, 1, timeout_ms);
	eventfd_read(m->wake, &rung);
}
