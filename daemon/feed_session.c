#include "feed_session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void feed_session_id(char out[SESSION_SIZE], const char *collector, int64_t wall_us, int64_t n)
{
	snprintf(out, SESSION_SIZE, "%.32s-%016lld-%lld", collector, (long long)wall_us,
		(long long)n);
}

void feed_session_init(struct feed_session *s, enum stream_kind stream, const char *collector)
{
	*s = (struct feed_session){.stream = stream};
	snprintf(s->collector, sizeof(s->collector), "%.32s", collector);
}

struct symbol_list {
	char (*symbols)[SYMBOL_SIZE];
	size_t count;
};

/* What of `symbols` each partition gets. -1: no memory. */
static int split_symbols(
	struct symbol_list lists[TOPIC_PARTITIONS], const char *const *symbols, size_t count)
{
	size_t counts[TOPIC_PARTITIONS] = {0};

	for (size_t i = 0; i < count; i++)
		counts[topic_partition(symbols[i], strlen(symbols[i]))]++;
	for (int p = 0; p < TOPIC_PARTITIONS; p++) {
		lists[p].symbols = calloc(counts[p] + 1, sizeof(*lists[p].symbols));
		if (!lists[p].symbols)
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		struct symbol_list *list = &lists[topic_partition(symbols[i], strlen(symbols[i]))];
		snprintf(list->symbols[list->count++], SYMBOL_SIZE, "%s", symbols[i]);
	}
	return 0;
}

static bool is_same(const struct feed_session_part *part, const struct symbol_list *list)
{
	return part->symbol_count == list->count &&
	       (!list->count || memcmp(part->symbols, list->symbols,
					list->count * sizeof(*list->symbols)) == 0);
}

int feed_session_name(
	struct feed_session *s, const char *const *symbols, size_t count, bool at_once)
{
	struct symbol_list lists[TOPIC_PARTITIONS] = {{NULL, 0}};
	int result = split_symbols(lists, symbols, count);

	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		struct feed_session_part *part = &s->parts[i];
		if (result == 0 && !is_same(part, &lists[i])) {
			char(*old)[SYMBOL_SIZE] = part->symbols;
			part->symbols = lists[i].symbols;
			part->symbol_count = lists[i].count;
			lists[i].symbols = old;
			part->symbols_due = s->active;
			part->alive_due = part->alive_due || (s->active && at_once);
		}
		free(lists[i].symbols);
	}
	return result;
}

bool feed_session_has_due(const struct feed_session *s)
{
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		if (s->parts[i].begin_due || s->parts[i].alive_due || s->parts[i].ended_due)
			return true;
	return false;
}

bool feed_session_has_untold(const struct feed_session *s)
{
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		if (s->parts[i].symbols_due)
			return true;
	return false;
}

void feed_session_done(struct feed_session *s)
{
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		free(s->parts[i].symbols);
	free(s->running);
	*s = (struct feed_session){0};
}

static void start(struct feed_session *s, const char *id, int64_t t_us)
{
	feed_session_forget(s);
	snprintf(s->id, sizeof(s->id), "%s", id);
	s->from_us = s->t_us = t_us;
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		s->parts[i].seq = 0;
}

void feed_session_begin(struct feed_session *s, const char *id, int64_t from_us, const char *cause)
{
	start(s, id, from_us);
	snprintf(s->cause, sizeof(s->cause), "%s", cause);
	s->active = true;
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		s->parts[i].begin_due = true;
}

void feed_session_reached(struct feed_session *s, int64_t t_us)
{
	if (t_us > s->t_us)
		s->t_us = t_us;
}

void feed_session_alive(struct feed_session *s)
{
	if (s->active)
		for (int i = 0; i < TOPIC_PARTITIONS; i++)
			s->parts[i].alive_due = true;
}

int feed_session_tell_running(struct feed_session *s, char (*ids)[SESSION_SIZE], size_t count)
{
	char(*copy)[SESSION_SIZE] = calloc(count, sizeof(*copy));

	if (!copy)
		return -1;
	memcpy(copy, ids, count * sizeof(*copy));
	free(s->running);
	s->running = copy;
	s->running_count = count;
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		s->parts[i].running_due = true;
	return 0;
}

void feed_session_end(struct feed_session *s)
{
	if (s->active)
		for (int i = 0; i < TOPIC_PARTITIONS; i++) {
			s->parts[i].alive_due = s->parts[i].symbols_due;
			s->parts[i].ended_due = true;
		}
	s->active = false;
}

void feed_session_forget(struct feed_session *s)
{
	s->active = false;
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		s->parts[i].begin_due = s->parts[i].alive_due = s->parts[i].ended_due =
			s->parts[i].symbols_due = s->parts[i].running_due = false;
}

void feed_session_retire(struct feed_session *s, const char *id, int64_t t_us)
{
	start(s, id, t_us);
	s->retiring = true;
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		s->parts[i].ended_due = true;
}

static bool names_symbols(
	const struct feed_session *s, int partition, enum control_kind kind, int64_t mono_us)
{
	switch (kind) {
	case CONTROL_BEGIN:
		return true;
	case CONTROL_ALIVE:
		return s->parts[partition].symbols_due ||
		       mono_us - s->parts[partition].symbols_sent_us >= FEED_SYMBOLS_EVERY_US;
	case CONTROL_ENDED:
		return s->retiring;
	}
	return false;
}

struct writer {
	const struct feed_time *now;
	feed_session_send *send;
	void *arg;
};

/* True if it is no longer due. */
static bool write_one(struct feed_session *s, int partition, enum control_kind kind,
	const struct writer *w, enum kafka_sent *result)
{
	struct feed_session_part *part = &s->parts[partition];
	struct control record = {.kind = kind,
		.seq = part->seq + 1,
		.t_us = kind == CONTROL_BEGIN ? s->from_us : s->t_us,
		.clock_us = w->now->clock_us,
		.speed = w->now->speed,
		.partition = partition,
		.has_symbols = names_symbols(s, partition, kind, w->now->mono_us)};
	snprintf(record.session, sizeof(record.session), "%s", s->id);
	snprintf(record.collector, sizeof(record.collector), "%s", s->collector);
	if (kind == CONTROL_BEGIN)
		snprintf(record.cause, sizeof(record.cause), "%s", s->cause);
	if (record.has_symbols) {
		record.symbols = part->symbols;
		record.symbol_count = part->symbol_count;
	}
	if (kind == CONTROL_ALIVE && part->running_due) {
		record.running = s->running;
		record.running_count = s->running_count;
	}
	enum kafka_sent sent = w->send(w->arg, s->stream, &record);
	if (sent == KAFKA_FULL || sent == KAFKA_DEAD) {
		*result = sent;
		return false;
	}
	part->seq++;
	if (record.running_count)
		part->running_due = false;
	if (record.has_symbols) {
		part->symbols_sent_us = w->now->mono_us;
		part->symbols_due = false;
	}
	return true;
}

static void write_part(
	struct feed_session *s, int partition, const struct writer *w, enum kafka_sent *result)
{
	struct feed_session_part *part = &s->parts[partition];

	if (part->begin_due)
		part->begin_due = !write_one(s, partition, CONTROL_BEGIN, w, result);
	if (part->alive_due && !part->begin_due)
		part->alive_due = !write_one(s, partition, CONTROL_ALIVE, w, result);
	if (part->ended_due && !part->begin_due)
		part->ended_due = !write_one(s, partition, CONTROL_ENDED, w, result);
}

enum kafka_sent feed_session_write(
	struct feed_session *s, const struct feed_time *now, feed_session_send *send, void *arg)
{
	struct writer w = {now, send, arg};
	enum kafka_sent result = KAFKA_SENT;

	for (int i = 0; i < TOPIC_PARTITIONS && result == KAFKA_SENT; i++)
		write_part(s, i, &w, &result);
	return result;
}
