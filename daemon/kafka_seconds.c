#include "kafka_seconds.h"
#include "kafka_consumer.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLACES (2 * STREAM_COUNT)
#define RAW_BYTES_MAX ((size_t)1 << 30)
#define MARGIN_MS 60000 /* the host's clock may lag behind the exchange's */
#define ASK_MS 10000
#define POLL_MS 500
#define POLL_RECORDS 10000
#define PATIENCE_US (60 * SECOND_US) /* without a record */

struct reader {
	struct kafka_seconds *into;
	const struct settings *settings;
	struct kafka_consumer *consumer;
	struct event_parser *parser;
	char names[PLACES][TOPIC_NAME_SIZE];
	struct kafka_place places[PLACES]; /* tag: index in `ends` */
	size_t count;
	bool is_history[PLACES];
	enum stream_kind kinds[PLACES];
	int64_t next[PLACES], ends[PLACES]; /* offsets */
};

static void add_place(struct reader *r, enum stream_kind kind, bool history)
{
	const char *prefix = settings_text(r->settings, "topics", "prefix");
	const char *venue = settings_text(r->settings, "venue", "name");
	size_t i = r->count++;

	if (history)
		topic_of_history(r->names[i], prefix, venue, kind);
	else
		topic_of_stream(r->names[i], prefix, venue, kind);
	r->kinds[i] = kind;
	r->is_history[i] = history;
	r->places[i] = (struct kafka_place){
		.topic = r->names[i], .partition = r->into->symbol->partition, .tag = (int)i};
}

/* Where what was produced since then begins; of other clocks nothing can be said about that. */
static int find_starts(struct reader *r, const int64_t lows[PLACES], struct err *e)
{
	bool host = strcmp(settings_text(r->settings, "venue", "clock"), "host") == 0 &&
		    strncmp(settings_text(r->settings, "venue", "name"), "replay-", 7) != 0;
	int64_t wall_ms = r->into->from_us / MS_US - MARGIN_MS;

	if (!host)
		wall_ms = 0;
	if (kafka_consumer_offsets_at(r->consumer, r->places, r->count, wall_ms, ASK_MS, e) != 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		int64_t at = r->places[i].offset;

		if (at == lows[i] && at > 0)
			return err_set(e,
				"%s: what it held of that time, or may have held, has expired",
				r->names[i]);
		if (at < 0 && lows[i] > 0 && !host)
			return err_set(e, "%s: all that it held has expired", r->names[i]);
		r->next[i] = r->places[i].offset = at < 0 ? r->ends[i] : at;
	}
	return 0;
}

static int open_places(struct reader *r, struct err *e)
{
	int64_t lows[PLACES];

	for (int k = 0; k < STREAM_COUNT; k++) {
		if (stream_table[k].says == SAYS_NOTHING)
			continue;
		add_place(r, (enum stream_kind)k, false);
		if (stream_table[k].history)
			add_place(r, (enum stream_kind)k, true);
	}
	for (size_t i = 0; i < r->count; i++)
		if (kafka_consumer_watermarks(r->consumer, r->names[i], r->places[i].partition,
			    ASK_MS, &lows[i], &r->ends[i], e) != 0)
			return -1;
	if (find_starts(r, lows, e) != 0)
		return -1;
	return kafka_consumer_assign(r->consumer, r->places, r->count, e);
}

/* False: it is none of the symbol's in the stretch, or is in quarantine. */
static bool read_event(struct reader *r, const struct kafka_record *record, struct event *ev)
{
	const struct sink_symbol *sy = r->into->symbol;
	const struct event_text text = {r->kinds[record->tag], record->value, record->value_len};
	struct err ignored;
	int64_t second_us;

	if (record->is_control || !record->value || !record->key ||
		record->key_len != sy->name_len || memcmp(record->key, sy->name, sy->name_len) != 0)
		return false;
	if (r->is_history[record->tag]
			? event_parse_history(r->parser, &text, record->stated_us, ev, &ignored) !=
				  0
			: event_parse(r->parser, text.kind, text.json, text.len, ev, &ignored) != 0)
		return false;
	if (strcmp(ev->symbol, sy->name) != 0)
		return false;
	/* Bars given above the second say nothing of it. */
	if (stream_table[ev->kind].says == SAYS_KLINE && ev->kline.level != LADDER_1S)
		return false;
	second_us = event_second_us(ev);
	return second_us >= r->into->from_us &&
	       second_us < r->into->from_us + (int64_t)r->into->count * SECOND_US;
}

static int take(struct reader *r, const struct kafka_record *record, struct err *e)
{
	struct kafka_seconds *k = r->into;
	struct event ev;

	if (!read_event(r, record, &ev))
		return 0;
	k->records++;
	if (second_add(&k->seconds[(event_second_us(&ev) - k->from_us) / SECOND_US], &ev, e) < 0)
		return -1;
	if (stream_table[ev.kind].says != SAYS_KLINE)
		sink_batch_raw(&k->batch, k->symbol, &ev, record->received_us, true);
	return sink_batch_failed(&k->batch) ? err_set(e, "no memory for the raw rows") : 0;
}

static bool is_over(const struct reader *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->next[i] < r->ends[i])
			return false;
	return true;
}

static int read_all(struct reader *r, struct err *e)
{
	int64_t heard_us = clock_mono_us();

	while (!is_over(r)) {
		const struct kafka_record *records = NULL;
		size_t count = 0;
		struct err why = {""};
		enum kafka_polled polled = kafka_consumer_poll(
			r->consumer, POLL_MS, POLL_RECORDS, &records, &count, &why);

		if (polled == KAFKA_OUT_OF_RANGE)
			return err_set(e, "records expired while they were read: run it again");
		for (size_t i = 0; i < count; i++) {
			if (take(r, &records[i], e) != 0)
				return -1;
			r->next[records[i].tag] = records[i].offset + 1;
		}
		if (count)
			heard_us = clock_mono_us();
		else if (clock_mono_us() - heard_us > PATIENCE_US)
			return err_set(e, "Kafka does not answer: %s", why.text);
	}
	return 0;
}

static int begin(
	struct kafka_seconds *k, const struct settings *s, const char *symbol, struct err *e)
{
	sink_state_init(&k->state, settings_text(s, "venue", "name"), 0);
	sink_batch_init(&k->batch, RAW_BYTES_MAX);
	k->symbol = sink_state_symbol(&k->state, symbol, topic_partition(symbol, strlen(symbol)));
	k->seconds = calloc(k->count, sizeof(*k->seconds));
	if (!k->symbol || !k->seconds)
		return err_set(e, "no memory for %zu seconds", k->count);
	for (size_t i = 0; i < k->count; i++)
		second_init(&k->seconds[i], k->from_us + (int64_t)i * SECOND_US);
	return 0;
}

int kafka_seconds_read(struct kafka_seconds *k, const struct settings *s, const char *symbol,
	int64_t from_us, int64_t to_us, struct err *e)
{
	struct reader r = {.into = k, .settings = s};
	int rc = -1;

	*k = (struct kafka_seconds){
		.from_us = from_us, .count = (size_t)((to_us - from_us) / SECOND_US)};
	if (begin(k, s, symbol, e) != 0)
		return -1;
	r.consumer = kafka_consumer_new(s, e);
	r.parser = r.consumer ? event_parser_new(e) : NULL;
	if (r.parser && open_places(&r, e) == 0)
		rc = read_all(&r, e);
	event_parser_free(r.parser);
	kafka_consumer_free(r.consumer);
	return rc;
}

void kafka_seconds_done(struct kafka_seconds *k)
{
	for (size_t i = 0; k->seconds && i < k->count; i++)
		second_done(&k->seconds[i]);
	free(k->seconds);
	k->seconds = NULL;
	sink_batch_done(&k->batch);
	sink_state_done(&k->state);
}
