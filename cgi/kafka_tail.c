#include "kafka_tail.h"
#include "clock.h"

#define ASK_MS 1000             /* the most that one question to the brokers may take */
#define PEEK_US (5 * SECOND_US) /* the most that reading the newest records may take */

void kafka_tail_init(struct kafka_tail *t, const struct settings *s)
{
	const char *prefix = settings_text(s, "topics", "prefix"),
		   *venue = settings_text(s, "venue", "name");
	*t = (struct kafka_tail){0};
	for (int k = 0; k < STREAM_COUNT; k++)
		topic_of_stream(t->names[k], prefix, venue, (enum stream_kind)k);
	topic_of_meta(t->names[TAIL_META], prefix, venue);
	for (int k = 0; k < STREAM_COUNT; k++)
		for (int p = 0; p < TOPIC_PARTITIONS; p++)
			t->places[kafka_tail_index(k, p)] = (struct kafka_place){
				.topic = t->names[k], .partition = p, .tag = k};
	t->places[kafka_tail_index(TAIL_META, 0)] =
		(struct kafka_place){.topic = t->names[TAIL_META], .tag = TAIL_META};
}

int kafka_tail_index(int tag, int partition)
{
	return tag * TOPIC_PARTITIONS + partition;
}

static bool is_absent(const struct kafka_tail *t, const struct kafka_place *p)
{
	return p->tag != TAIL_META && t->absent[p->tag];
}

/* After an update the collector, which makes the topic of a new stream, may be started later. */
static int look_for_topics(
	struct kafka_tail *t, struct kafka_consumer *c, const atomic_bool *stopping, struct err *e)
{
	for (int k = 0; k < STREAM_COUNT; k++) {
		int there = kafka_consumer_has_topic(c, t->names[k], ASK_MS, e);
		if (there < 0)
			return -1;
		if (atomic_load(stopping))
			return err_set(e, "stopped");
		t->absent[k] = !there;
	}
	return 0;
}

static int ask_watermarks(
	struct kafka_tail *t, struct kafka_consumer *c, const atomic_bool *stopping, struct err *e)
{
	for (int i = 0; i < TAIL_PLACES; i++) {
		const struct kafka_place *p = &t->places[i];
		if (atomic_load(stopping))
			return err_set(e, "stopped");
		if (is_absent(t, p)) {
			t->low[i] = t->high[i] = 0;
			continue;
		}
		if (kafka_consumer_watermarks(
			    c, p->topic, p->partition, ASK_MS, &t->low[i], &t->high[i], e) != 0)
			return -1;
	}
	return 0;
}

/* When the newest record of each place that has any was produced; 0: not found. */
static int peek_newest(struct kafka_tail *t, struct kafka_consumer *c, const atomic_bool *stopping,
	int64_t produced_ms[TAIL_PLACES], struct err *e)
{
	struct kafka_place last[TAIL_PLACES];
	const struct kafka_record *r;
	size_t count = 0, n;
	for (int i = 0; i < TAIL_PLACES; i++) {
		produced_ms[i] = 0;
		if (t->places[i].tag == TAIL_META || t->high[i] <= t->low[i])
			continue;
		last[count] = t->places[i];
		last[count++].offset = t->high[i] - 1;
	}
	if (kafka_consumer_assign(c, last, count, e) != 0)
		return -1;
	int64_t until_us = clock_mono_us() + PEEK_US;
	for (size_t left = count; left > 0 && clock_mono_us() < until_us;) {
		if (atomic_load(stopping))
			return err_set(e, "stopped");
		if (kafka_consumer_poll(c, 100, 256, &r, &n, e) != KAFKA_RECORDS)
			continue;
		for (size_t j = 0; j < n; j++) {
			int64_t *at = &produced_ms[kafka_tail_index(r[j].tag, r[j].partition)];
			left -= *at == 0;
			*at = r[j].produced_ms;
		}
	}
	return 0;
}

int kafka_tail_find(struct kafka_tail *t, struct kafka_consumer *c, int64_t back_ms,
	const atomic_bool *stopping, struct err *e)
{
	int64_t produced_ms[TAIL_PLACES];
	if (look_for_topics(t, c, stopping, e) != 0 || ask_watermarks(t, c, stopping, e) != 0 ||
		peek_newest(t, c, stopping, produced_ms, e) != 0)
		return -1;
	for (int i = 0; i < TAIL_PLACES; i++) {
		struct kafka_place *p = &t->places[i];
		p->offset = t->high[i];
		if (p->tag == TAIL_META)
			p->offset = t->low[i];
		else if (produced_ms[i] > 0 && kafka_consumer_offsets_at(c, p, 1,
						       produced_ms[i] - back_ms, ASK_MS, e) != 0)
			return -1;
		/* No record that young any more: the newest was deleted meanwhile. */
		if (p->offset < 0)
			p->offset = t->high[i];
		t->next[i] = p->offset;
	}
	return 0;
}

int kafka_tail_assign(struct kafka_tail *t, struct kafka_consumer *c, struct err *e)
{
	struct kafka_place there[TAIL_PLACES];
	size_t count = 0;
	for (int i = 0; i < TAIL_PLACES; i++) {
		if (is_absent(t, &t->places[i]))
			continue;
		there[count] = t->places[i];
		there[count++].offset = t->next[i];
	}
	return kafka_consumer_assign(c, there, count, e);
}

/* 1: it begins at its beginning; 0: not known now; -1: its first records are gone. */
static int begins_whole(struct kafka_tail *t, struct kafka_consumer *c, int kind, struct err *e)
{
	for (int p = 0; p < TOPIC_PARTITIONS; p++) {
		int64_t low, high;
		if (kafka_consumer_watermarks(c, t->names[kind], p, ASK_MS, &low, &high, e) != 0)
			return 0;
		if (low > 0)
			return err_set(
				e, "'%s' is there, but its first records are gone", t->names[kind]);
	}
	return 1;
}

int kafka_tail_appeared(struct kafka_tail *t, struct kafka_consumer *c, struct err *e)
{
	int appeared = 0;
	for (int k = 0; k < STREAM_COUNT; k++) {
		if (!t->absent[k] || kafka_consumer_has_topic(c, t->names[k], ASK_MS, e) <= 0)
			continue;
		int whole = begins_whole(t, c, k, e);
		if (whole < 0)
			return -1;
		t->absent[k] = !whole;
		appeared |= whole;
	}
	return appeared;
}

bool kafka_tail_take(struct kafka_tail *t, const struct kafka_record *r)
{
	int64_t *next = &t->next[kafka_tail_index(r->tag, r->partition)];
	if (r->offset < *next)
		return false;
	*next = r->offset + 1;
	return true;
}

bool kafka_tail_caught_up(const struct kafka_tail *t)
{
	for (int i = 0; i < TAIL_PLACES; i++)
		if (t->next[i] < t->high[i])
			return false;
	return true;
}
