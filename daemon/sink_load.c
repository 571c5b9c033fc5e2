#include "sink_load.h"

#include "log.h"
#include "pg_queries.h"
#include "sink_load_ids.h"
#include "sink_take.h"

#include <stdlib.h>
#include <string.h>

#define KAFKA_TIMEOUT_MS 5000

static enum pg_failure load_venue(
	const struct sink_load *from, struct sink_state *st, struct err *e)
{
	char settle[24];
	const char *ensure[] = {st->venue, settle};
	const char *take[] = {st->venue, from->token};
	PGresult *r = NULL;
	enum pg_failure f;

	snprintf(settle, sizeof settle, "%lld", (long long)st->settle_us);
	f = pg_query(from->pg, "sink_venue_ensure", sql_sink_venue_ensure, 2, ensure, NULL, e);
	if (f == PG_OK)
		f = pg_query(from->pg, "sink_take_over", sql_sink_take_over, 2, take, NULL, e);
	if (f == PG_OK)
		f = pg_query(from->pg, "sink_load_venue", sql_sink_load_venue, 1, ensure, &r, e);
	if (f == PG_OK) {
		st->epoch = pg_int(r, 0, 0);
		st->generation = pg_int(r, 0, 1);
	}
	PQclear(r);
	return f;
}

static enum pg_failure load_offsets(
	const struct sink_load *from, struct sink_state *st, struct err *e)
{
	const char *params[] = {st->venue};
	PGresult *r = NULL;
	enum pg_failure f =
		pg_query(from->pg, "sink_load_offsets", sql_sink_load_offsets, 1, params, &r, e);

	for (int k = 0; k < STREAM_COUNT; k++)
		for (int i = 0; i < TOPIC_PARTITIONS; i++)
			st->places[k][i] = (struct sink_place){
				.next = -1, .sealed = -1, .committed = -1, .replay_from = -1};
	for (int row = 0; f == PG_OK && row < PQntuples(r); row++) {
		const struct stream *s = stream_find(PQgetvalue(r, row, 0));
		int64_t i = pg_int(r, row, 1);

		if (!s || i < 0 || i >= TOPIC_PARTITIONS)
			continue;
		st->places[s->kind][i] = (struct sink_place){.next = pg_int(r, row, 2),
			.sealed = pg_int(r, row, 2),
			.committed = pg_int(r, row, 2),
			.replay_from = pg_int(r, row, 3),
			.identity = pg_int(r, row, 4)};
	}
	PQclear(r);
	return f;
}

static enum pg_failure load_symbols(
	const struct sink_load *from, struct sink_state *st, struct err *e)
{
	const char *params[] = {st->venue};
	PGresult *r = NULL;
	enum pg_failure f =
		pg_query(from->pg, "sink_load_symbols", sql_sink_load_symbols, 1, params, &r, e);

	for (int row = 0; f == PG_OK && row < PQntuples(r); row++) {
		struct sink_symbol *sy =
			sink_state_symbol(st, PQgetvalue(r, row, 0), (int)pg_int(r, row, 1));

		if (!sy) {
			err_set(e, "no memory for symbols");
			f = PG_RETRY;
			break;
		}
		sy->first_us = pg_int(r, row, 2);
		sy->settled_revision = pg_int(r, row, 3);
		sy->settled_us = pg_int(r, row, 4);
		sy->dirty = false;
	}
	PQclear(r);
	return f;
}

static int load_subscription(struct sink_state *st, const PGresult *r, int row)
{
	const struct stream *s = stream_find(PQgetvalue(r, row, 1));
	const char *id = PQgetvalue(r, row, 2);
	struct sink_symbol *sy = sink_state_symbol(st, PQgetvalue(r, row, 0), 0);
	struct sink_session *se;

	if (!sy)
		return -1;
	if (!s)
		return 0;
	for (se = st->sessions; se; se = se->next)
		if (se->stream == s->kind && se->partition == sy->partition &&
			strcmp(se->id, id) == 0)
			break;
	if (!se) {
		se = sink_state_add_session(st, s->kind, sy->partition, id, pg_int(r, row, 4));
		if (!se)
			return -1;
		se->t_us = pg_int(r, row, 5);
		se->clock_us = pg_int(r, row, 6);
		se->alive_us = pg_int(r, row, 7);
		se->ended = *PQgetvalue(r, row, 8) == 't';
		se->skipped = *PQgetvalue(r, row, 9) == 't';
		se->speed = strtod(PQgetvalue(r, row, 10), NULL);
		se->dirty = false;
		sink_state_reached(st, se);
	}
	sy->subscriptions[s->kind].session = se;
	sy->subscriptions[s->kind].from_us = pg_int(r, row, 3);
	return 0;
}

static enum pg_failure load_subscriptions(
	const struct sink_load *from, struct sink_state *st, struct err *e)
{
	const char *params[] = {st->venue};
	PGresult *r = NULL;
	enum pg_failure f = pg_query(
		from->pg, "sink_load_subscriptions", sql_sink_load_subscriptions, 1, params, &r, e);

	for (int row = 0; f == PG_OK && row < PQntuples(r); row++)
		if (load_subscription(st, r, row) != 0) {
			err_set(e, "no memory for subscriptions");
			f = PG_RETRY;
		}
	PQclear(r);
	for (struct sink_symbol *sy = st->symbols; sy; sy = sy->hh.next)
		sy->settled_us = sy->handed_us = sink_symbol_settles_at(st, sy);
	return f;
}

/* The records in quarantine within the range that is read again. */
static enum pg_failure load_refused(
	const struct sink_load *from, struct sink_state *st, struct err *e)
{
	const char *params[] = {st->venue};
	PGresult *r = NULL;
	enum pg_failure f =
		pg_query(from->pg, "sink_load_refused", sql_sink_load_refused, 1, params, &r, e);

	for (int row = 0; f == PG_OK && row < PQntuples(r); row++) {
		const struct stream *s = stream_find(PQgetvalue(r, row, 0));
		struct refused_record record = {
			.partition = (int)pg_int(r, row, 1), .offset = pg_int(r, row, 2)};

		if (!s)
			continue;
		record.stream = s->kind;
		if (sink_refused_add(st->refused, &record, e) != 0)
			f = PG_RETRY;
	}
	PQclear(r);
	return f;
}

/* Stores that this place is read from `next` on, and remembers that its sessions have a hole. */
static enum pg_failure move_place(const struct sink_load *from, struct sink_state *st,
	enum stream_kind stream, int partition, int64_t next, struct err *e)
{
	char i[12], offset[24];
	const char *params[] = {st->venue, stream_table[stream].name, i, offset};

	snprintf(i, sizeof i, "%d", partition);
	snprintf(offset, sizeof offset, "%lld", (long long)next);
	st->places[stream][partition] = (struct sink_place){
		.next = next, .sealed = next, .committed = next, .replay_from = next};
	for (struct sink_session *se = st->sessions; se; se = se->next)
		if (se->stream == stream && se->partition == partition && !se->ended)
			se->skipped = true;
	return pg_query(from->pg, "sink_move_offset", sql_sink_move_offset, 4, params, NULL, e);
}

/* Where to read one place from; *anew if its offsets can't be those of this topic. */
static enum pg_failure place_start(const struct sink_load *from, struct sink_state *st,
	struct kafka_place *at, bool *anew, struct err *e)
{
	struct sink_place *place = &st->places[at->tag][at->partition];
	int64_t low, high;

	if (kafka_consumer_watermarks(from->consumer, at->topic, at->partition, KAFKA_TIMEOUT_MS,
		    &low, &high, e) != 0)
		return PG_RETRY;
	if (place->next > high) {
		log_error("sink_topic_anew", "topic=%s partition=%d next=%lld high=%lld", at->topic,
			at->partition, (long long)place->next, (long long)high);
		*anew = true;
		return PG_OK;
	}
	if (place->next < low) {
		enum pg_failure f;

		if (place->next >= 0)
			log_error("sink_offsets_expired",
				"topic=%s partition=%d next=%lld low=%lld", at->topic,
				at->partition, (long long)place->next, (long long)low);
		f = move_place(from, st, (enum stream_kind)at->tag, at->partition, low, e);
		if (f != PG_OK)
			return f;
	}
	at->offset = place->replay_from < place->next - 1 ? place->replay_from : place->next - 1;
	if (at->offset < low)
		at->offset = low;
	return PG_OK;
}

static enum pg_failure assign(const struct sink_load *from, struct sink_state *st, struct err *e)
{
	char topics[STREAM_COUNT][TOPIC_NAME_SIZE];
	struct kafka_place places[STREAM_COUNT * TOPIC_PARTITIONS];
	bool anew = false;
	size_t n = 0;

	for (int k = 0; k < STREAM_COUNT; k++) {
		topic_of_stream(topics[k], from->topic_prefix, st->venue, (enum stream_kind)k);
		for (int i = 0; i < TOPIC_PARTITIONS; i++) {
			enum pg_failure f;

			places[n] =
				(struct kafka_place){.topic = topics[k], .partition = i, .tag = k};
			f = place_start(from, st, &places[n++], &anew, e);
			if (f != PG_OK)
				return f;
			if (anew) {
				f = sink_load_new_epoch(from, st, e);
				err_set(e, "the topics were made anew: new epoch");
				return f == PG_OK ? PG_RETRY : f;
			}
		}
	}
	return kafka_consumer_assign(from->consumer, places, n, e) == 0 ? PG_OK : PG_RETRY;
}

enum pg_failure sink_load(const struct sink_load *from, struct sink_state *st, struct err *e)
{
	enum pg_failure f = pg_connect(from->pg, e);

	if (f == PG_OK)
		f = load_venue(from, st, e);
	if (f == PG_OK)
		f = load_offsets(from, st, e);
	if (f == PG_OK)
		f = load_symbols(from, st, e);
	if (f == PG_OK)
		f = load_subscriptions(from, st, e);
	if (f == PG_OK && st->refused)
		f = load_refused(from, st, e);
	if (f == PG_OK)
		f = sink_load_ids(from->pg, st, e);
	if (f == PG_OK)
		f = assign(from, st, e);
	return f;
}

bool sink_load_is_other_topic(struct sink_state *st, const struct kafka_record *r)
{
	struct sink_place *place = &st->places[r->tag][r->partition];

	if (place->identity_checked || r->offset != place->committed - 1)
		return false;
	place->identity_checked = true;
	return place->identity && place->identity != sink_take_identity(r);
}

enum pg_failure sink_load_new_epoch(
	const struct sink_load *from, const struct sink_state *st, struct err *e)
{
	const char *params[] = {st->venue};

	return pg_query(from->pg, "sink_new_epoch", sql_sink_new_epoch, 1, params, NULL, e);
}
