#include "sink_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPARE_MAX 16384 /* of free seconds that are kept */

void sink_state_init(struct sink_state *st, const char *venue, int64_t settle_us)
{
	memset(st, 0, sizeof *st);
	snprintf(st->venue, sizeof st->venue, "%s", venue);
	st->recorded = strncmp(venue, "replay-", 7) == 0;
	st->settle_us = settle_us;
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		st->furthest_us[i] = INT64_MIN;
}

void sink_second_free(struct sink_symbol *sy, struct sink_second *s)
{
	if (!s)
		return;
	second_done(&s->second);
	sy->pool->used--;
	if (sy->pool->count >= SPARE_MAX) {
		free(s);
		return;
	}
	s->next = sy->pool->first;
	sy->pool->first = s;
	sy->pool->count++;
}

static struct sink_second *new_second(struct sink_symbol *sy)
{
	struct sink_second *s = sy->pool->first;

	if (s) {
		sy->pool->first = s->next;
		sy->pool->count--;
	} else {
		s = malloc(sizeof *s);
	}
	sy->pool->used += s != NULL;
	return s;
}

void sink_state_done(struct sink_state *st)
{
	struct sink_symbol *sy, *next;

	HASH_ITER(hh, st->symbols, sy, next)
	{
		struct sink_second *s;

		while ((s = sink_symbol_pop(sy, INT64_MAX)))
			sink_second_free(sy, s);
		for (int i = 0; i < IDS_COUNT; i++)
			id_mark_done(&sy->ids[i].mark);
		/* The analyzer loses sight of the list that HASH_ITER keeps a step ahead. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		HASH_DEL(st->symbols, sy);
		free(sy);
	}
	while (st->sessions) {
		struct sink_session *se = st->sessions;

		st->sessions = se->next;
		free(se);
	}
	while (st->pool.first) {
		struct sink_second *s = st->pool.first;

		st->pool.first = s->next;
		free(s);
	}
	st->pool.count = 0;
	memset(st->partitions, 0, sizeof st->partitions);
}

struct sink_symbol *sink_state_symbol(struct sink_state *st, const char *name, int partition)
{
	struct sink_symbol *sy;
	size_t len = strlen(name);

	HASH_FIND(hh, st->symbols, name, len, sy);
	if (sy)
		return sy;
	sy = calloc(1, sizeof *sy);
	if (!sy)
		return NULL;
	memcpy(sy->name, name, len + 1);
	sy->name_len = len;
	sy->partition = partition;
	sy->pool = &st->pool;
	sy->settled_us = sy->handed_us = sy->rewritten_us = sy->spilled_us = INT64_MIN;
	sink_minute_begin(&sy->minute, MINUTE_NONE);
	for (int k = 0; k < STREAM_COUNT; k++) {
		sy->marks[k] = INT64_MIN;
		sy->spilled_offset[k] = INT64_MAX;
	}
	for (int i = 0; i < IDS_COUNT; i++) {
		id_mark_init(&sy->ids[i].mark);
		sy->ids[i].stored_id = ID_NONE;
	}
	sy->first_us = INT64_MAX;
	sy->dirty = true;
	sy->next_in_partition = st->partitions[partition];
	st->partitions[partition] = sy;
	HASH_ADD_KEYPTR(hh, st->symbols, sy->name, len, sy);
	return sy;
}

struct sink_session *sink_state_find_session(
	struct sink_state *st, enum stream_kind stream, int partition, const char *id)
{
	size_t len = strlen(id);

	for (struct sink_session *se = st->sessions; se; se = se->next) {
		if (se->stream != stream || se->partition != partition ||
			strncmp(se->id, id, len) != 0)
			continue;
		if (se->id[len] == '\0' || se->id[len] == '+')
			return se;
	}
	return NULL;
}

struct sink_session *sink_state_add_session(struct sink_state *st, enum stream_kind stream,
	int partition, const char *id, int64_t from_us)
{
	struct sink_session *se = calloc(1, sizeof *se);

	if (!se)
		return NULL;
	snprintf(se->id, sizeof se->id, "%s", id);
	se->stream = stream;
	se->partition = partition;
	se->from_us = se->t_us = from_us;
	se->dirty = true;
	se->next =
		st->sessions; /* newest first: a continued session is found before its older part */
	st->sessions = se;
	return se;
}

void sink_state_reached(struct sink_state *st, const struct sink_session *se)
{
	int64_t *furthest_us = &st->furthest_us[se->partition];

	if (se->t_us - se->from_us >= SINK_SKEW_US && se->t_us > *furthest_us)
		*furthest_us = se->t_us;
}

void sink_state_prune(struct sink_state *st)
{
	int64_t newest_us = INT64_MIN + HOUR_US;

	for (const struct sink_session *se = st->sessions; se; se = se->next)
		if (se->alive_us > newest_us)
			newest_us = se->alive_us;
	for (struct sink_session **at = &st->sessions; *at;) {
		struct sink_session *se = *at;
		bool used = se->dirty || se->alive_us > newest_us - HOUR_US;

		for (struct sink_symbol *sy = st->partitions[se->partition]; sy && !used;
			sy = sy->next_in_partition)
			used = sy->subscriptions[se->stream].session == se;
		if (used) {
			at = &se->next;
		} else {
			*at = se->next;
			free(se);
		}
	}
}

struct sink_second *sink_symbol_second(struct sink_symbol *sy, int64_t open_us)
{
	struct sink_second **at = &sy->seconds, *s = sy->recent;

	/* One stream's backlog comes in order and may be hours ahead of another's, so the search begins where the last one ended. */
	if (s && s->second.open_us == open_us)
		return s;
	if (s && s->second.open_us < open_us)
		at = &s->next;
	while (*at && (*at)->second.open_us < open_us)
		at = &(*at)->next;
	if (*at && (*at)->second.open_us == open_us)
		return sy->recent = *at;
	s = new_second(sy);
	if (!s)
		return NULL;
	second_init(&s->second, open_us);
	s->written = false;
	for (int k = 0; k < STREAM_COUNT; k++)
		s->first_offset[k] = INT64_MAX;
	s->next = *at;
	*at = s;
	sy->recent = s;
	return s;
}

/* Nothing more comes from a session that has ended, and nothing from before its `from` from one that lives. */
int64_t sink_session_settles_at(const struct sink_state *st, const struct sink_session *se)
{
	int64_t at = se->t_us;

	if (!se->ended)
		at = at - st->settle_us > se->from_us ? at - st->settle_us : se->from_us;
	return clock_floor(at, SECOND_US);
}

int64_t sink_symbol_settles_at(const struct sink_state *st, const struct sink_symbol *sy)
{
	int64_t least = INT64_MAX;

	for (int k = 0; k < STREAM_COUNT; k++) {
		const struct sink_session *se = sy->subscriptions[k].session;
		int64_t at = se ? sink_session_settles_at(st, se) : INT64_MAX;

		if (at < least)
			least = at;
	}
	if (least == INT64_MAX)
		return sy->settled_us;
	return least > sy->settled_us ? least : sy->settled_us;
}

struct sink_second *sink_symbol_pop(struct sink_symbol *sy, int64_t settled_us)
{
	struct sink_second *s = sy->seconds;

	if (!s || s->second.open_us >= settled_us)
		return NULL;
	sy->seconds = s->next;
	if (sy->recent == s)
		sy->recent = NULL;
	return s;
}

int64_t sink_state_replay_from(const struct sink_state *st, enum stream_kind stream, int partition)
{
	int64_t least = st->places[stream][partition].next;

	for (const struct sink_symbol *sy = st->partitions[partition]; sy;
		sy = sy->next_in_partition) {
		if (sy->spilled_offset[stream] < least)
			least = sy->spilled_offset[stream];
		for (const struct sink_second *s = sy->seconds; s; s = s->next)
			if (s->first_offset[stream] < least)
				least = s->first_offset[stream];
	}
	return least;
}

int64_t sink_state_clock_us(const struct sink_state *st)
{
	if (!st->clock_us)
		return 0;
	return st->clock_us + (int64_t)((double)(clock_mono_us() - st->clock_mono_us) * st->speed);
}
