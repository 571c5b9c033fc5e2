#include "cache_symbol.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS_MAX 256 /* of one topic partition; the one heard of longest ago gives way */

struct cache_session {
	char session[SESSION_SIZE], collector[SESSION_SIZE];
	int64_t produced_ms;
	bool ended;
	struct cache_symbol **symbols;
	size_t count;
	struct cache_session *next;
};

struct cache_symbol *cache_symbol_new(const char *name, int partition)
{
	struct cache_symbol *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->partition = partition;
	cache_symbol_reset(s);
	return s;
}

void cache_symbol_free(struct cache_symbol *s)
{
	if (s == NULL)
		return;
	cache_ring_done(&s->ring);
	free(s);
}

void cache_symbol_reset(struct cache_symbol *s)
{
	cache_ring_done(&s->ring);
	memset(s->stream, 0, sizeof(s->stream));
	s->as_of_us = 0;
	for (int k = 0; k < STREAM_COUNT; k++)
		s->rose[k] = -1;
	s->generation = s->revision = -1;
}

bool cache_symbol_advance(struct cache_symbol *s)
{
	int64_t least = INT64_MAX;
	for (int k = 0; k < STREAM_COUNT; k++)
		if (s->stream[k].subscribed && s->stream[k].t_us < least)
			least = s->stream[k].t_us;
	if (least == INT64_MAX || least <= s->as_of_us)
		return false;
	s->as_of_us = least;
	return true;
}

static void free_session(struct cache_session *s)
{
	free(s->symbols);
	free(s);
}

void cache_sessions_done(struct cache_sessions *l)
{
	while (l->first != NULL) {
		struct cache_session *s = l->first;
		l->first = s->next;
		free_session(s);
	}
	l->count = 0;
}

/* A collector that starts without this stream says so: nobody is subscribed any more. */
static bool is_retirement(const struct control *c)
{
	return c->kind == CONTROL_ENDED && c->has_symbols && c->symbol_count == 0;
}

/* What replaced it, or a long silence, ends a session's say. */
static bool is_over(const struct cache_session *s, const struct control *c, int64_t produced_ms)
{
	if (is_retirement(c))
		return true;
	if (strcmp(s->session, c->session) == 0)
		return false;
	if (s->produced_ms < produced_ms - SESSION_FORGET_MS)
		return true;
	return s->ended && c->kind != CONTROL_ENDED && strcmp(s->collector, c->collector) == 0;
}

static bool remove_over(struct cache_sessions *l, const struct control *c, int64_t produced_ms)
{
	bool removed = false;
	for (struct cache_session **at = &l->first; *at != NULL;) {
		struct cache_session *s = *at;
		if (!is_over(s, c, produced_ms)) {
			at = &s->next;
			continue;
		}
		*at = s->next;
		l->count--;
		free_session(s);
		removed = true;
	}
	return removed;
}

static struct cache_session *get_session(struct cache_sessions *l, const struct control *c)
{
	struct cache_session *s = l->first, *before_last = NULL;
	for (; s != NULL && strcmp(s->session, c->session) != 0; s = s->next)
		if (s->next != NULL && s->next->next == NULL)
			before_last = s;
	if (s != NULL)
		return s;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return NULL;
	snprintf(s->session, sizeof(s->session), "%s", c->session);
	snprintf(s->collector, sizeof(s->collector), "%s", c->collector);
	if (l->count >= SESSIONS_MAX && before_last != NULL) {
		free_session(before_last->next);
		before_last->next = NULL;
		l->count--;
	}
	s->next = l->first;
	l->first = s;
	l->count++;
	return s;
}

static int set_symbols(
	struct cache_session *s, const struct control *c, const struct symbol_source *source)
{
	struct cache_symbol **symbols = calloc(c->symbol_count + 1, sizeof(struct cache_symbol *));
	if (symbols == NULL)
		return -1;
	free(s->symbols);
	s->symbols = symbols;
	s->count = 0;
	for (size_t i = 0; i < c->symbol_count; i++) {
		symbols[s->count] = source->get(source->arg, c->symbols[i]);
		if (symbols[s->count] == NULL)
			return -1;
		s->count++;
	}
	return 0;
}

static void renew_subscriptions(
	const struct cache_sessions *l, enum stream_kind kind, struct cache_symbol *all)
{
	for (; all != NULL; all = all->next_in_partition)
		all->stream[kind].subscribed = false;
	for (const struct cache_session *s = l->first; s != NULL; s = s->next)
		for (size_t i = 0; i < s->count; i++)
			s->symbols[i]->stream[kind].subscribed = true;
}

static void move_on(const struct cache_session *s, const struct session_record *r)
{
	for (size_t i = 0; i < s->count; i++) {
		struct symbol_stream *at = &s->symbols[i]->stream[r->kind];
		at->ended = r->control->kind == CONTROL_ENDED;
		if (r->control->t_us <= at->t_us)
			continue;
		at->t_us = r->control->t_us;
		at->moved_ms = r->produced_ms;
	}
}

int cache_sessions_take(struct cache_sessions *l, const struct session_record *r,
	const struct symbol_source *source, struct cache_symbol *all)
{
	const struct control *c = r->control;
	bool changed = remove_over(l, c, r->produced_ms);
	bool retirement = is_retirement(c);
	struct cache_session *s = retirement ? NULL : get_session(l, c);
	int rc = s == NULL && !retirement ? -1 : 0;
	if (s != NULL) {
		s->produced_ms = r->produced_ms;
		s->ended = c->kind == CONTROL_ENDED;
		if (c->has_symbols) {
			rc = set_symbols(s, c, source);
			changed = true;
		}
	}
	if (changed)
		renew_subscriptions(l, r->kind, all);
	if (s != NULL)
		move_on(s, r);
	return rc;
}
