#include "cache_ring.h"
#include "clock.h"
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 16

void cache_ring_init(struct cache_ring *r)
{
	*r = (struct cache_ring){.given_up_us = INT64_MIN};
	for (int k = 0; k < STREAM_COUNT; k++)
		r->last[k] = -1;
}

static void free_open(struct ring_second *s)
{
	second_done(s->open);
	free(s->open);
	s->open = NULL;
}

static void free_second(struct ring_second *s)
{
	free_open(s);
	free(s->text);
	s->text = NULL;
}

void cache_ring_done(struct cache_ring *r)
{
	for (size_t i = 0; i < r->count; i++)
		free_second(&r->at[r->first + i]);
	free(r->at);
	cache_ring_init(r);
}

static void account(struct cache_ring *r, struct ring_second *s)
{
	size_t bytes = sizeof(*s) + s->text_len;
	if (s->open != NULL)
		bytes += sizeof(*s->open) +
			 (s->open->trades.ids.room + s->open->agg_trades.ids.room) *
				 sizeof(struct idset_run);
	r->bytes += bytes - s->bytes;
	s->bytes = (uint32_t)bytes;
}

/* The index of the first second that opened at or after `open_us`. New ones come last, so from there. */
static size_t find(const struct cache_ring *r, int64_t open_us)
{
	size_t i = r->count;
	while (i > 0 && r->at[r->first + i - 1].open_us >= open_us)
		i--;
	return i;
}

/* Room for one more behind the last. */
static int grow(struct cache_ring *r)
{
	if (r->first + r->count < r->room)
		return 0;
	if (r->first > r->room / 2) {
		memmove(r->at, r->at + r->first, r->count * sizeof(*r->at));
		r->first = 0;
		return 0;
	}
	size_t room = r->room > 0 ? r->room * 2 : ROOM_FIRST;
	struct ring_second *at = reallocarray(r->at, room, sizeof(*at));
	if (at == NULL)
		return -1;
	r->at = at;
	r->room = room;
	return 0;
}

static struct ring_second *insert(struct cache_ring *r, size_t index, int64_t open_us)
{
	struct second *open = malloc(sizeof(*open));
	if (open == NULL || grow(r) != 0) {
		free(open);
		return NULL;
	}
	struct ring_second *s = &r->at[r->first + index];
	memmove(s + 1, s, (r->count - index) * sizeof(*s));
	second_init(open, open_us);
	*s = (struct ring_second){.open_us = open_us, .open = open};
	for (int k = 0; k < STREAM_COUNT; k++)
		s->touched[k] = -1;
	r->count++;
	return s;
}

static int print_text(const struct ring_second *s, const char *symbol, struct buf *out)
{
	struct candle c;
	static const char name[][2] = {"t", "o", "h", "l", "c", "v", "q", "n"};
	struct buf row;
	buf_reset(out);
	if (!second_visible(s->open, &c))
		return 0;
	buf_init(&row, 1024);
	candle_add_json(&row, &c);
	buf_add_str(out, "{\"type\":\"candle\",\"symbol\":");
	buf_add_json(out, symbol, strlen(symbol));
	const char *p = row.failed ? "" : row.data;
	for (size_t i = 0; i < 8 && *p != '\0'; i++) {
		size_t len = strcspn(p, ",");
		buf_printf(out, ",\"%s\":%.*s", name[i], (int)len, p);
		p += len + (p[len] == ',');
	}
	buf_printf(out, ",\"origin\":%s", p);
	int rc = row.failed || out->failed ? -1 : 0;
	buf_done(&row);
	return rc;
}

/* 1: the text is another one; 0: as before; -1: no memory. */
static int renew_text(struct ring_second *s, const char *symbol, struct buf *scratch)
{
	if (print_text(s, symbol, scratch) != 0)
		return -1;
	if (scratch->len == s->text_len &&
		(scratch->len == 0 || memcmp(scratch->data, s->text, scratch->len) == 0))
		return 0;
	char *text = realloc(s->text, scratch->len);
	if (text == NULL)
		return -1;
	memcpy(text, scratch->data, scratch->len);
	s->text = text;
	s->text_len = (uint32_t)scratch->len;
	return 1;
}

void cache_ring_miss(struct cache_ring *r, enum stream_kind kind, int64_t offset)
{
	if (r->floor[kind] <= offset)
		r->floor[kind] = offset + 1;
}

enum ring_taken cache_ring_add(
	struct cache_ring *r, const struct event *ev, int64_t offset, struct buf *scratch)
{
	int64_t open_us = event_second_us(ev);
	size_t i = find(r, open_us);
	struct ring_second *s = i < r->count ? &r->at[r->first + i] : NULL;
	if (s == NULL || s->open_us != open_us)
		s = open_us > r->given_up_us && i >= r->settled ? insert(r, i, open_us) : NULL;
	int taken = s != NULL && s->open != NULL ? second_add(s->open, ev, NULL) : -1;
	int changed = taken == 1 ? renew_text(s, ev->symbol, scratch) : 0;
	if (s != NULL)
		account(r, s);
	if (taken < 0 || changed < 0) {
		cache_ring_miss(r, ev->kind, offset);
		return RING_MISSED;
	}
	if (changed == 0)
		return taken == 0 ? RING_REPEAT : RING_SAME;
	s->touched[ev->kind] = offset;
	r->last[ev->kind] = offset;
	return RING_CHANGED;
}

void cache_ring_settle(struct cache_ring *r, int64_t end_us)
{
	while (r->settled < r->count &&
		r->at[r->first + r->settled].open_us + SECOND_US <= end_us) {
		struct ring_second *s = &r->at[r->first + r->settled++];
		free_open(s);
		account(r, s);
	}
}

static void give_up_oldest(struct cache_ring *r)
{
	struct ring_second *s = &r->at[r->first];
	for (int k = 0; k < STREAM_COUNT; k++)
		if (s->touched[k] >= 0)
			cache_ring_miss(r, (enum stream_kind)k, s->touched[k]);
	r->given_up_us = s->open_us;
	r->bytes -= s->bytes;
	free_second(s);
	r->first++;
	r->count--;
	r->settled -= r->settled > 0;
}

void cache_ring_give_up(struct cache_ring *r, int64_t open_us)
{
	while (r->count > 0 && r->at[r->first].open_us < open_us)
		give_up_oldest(r);
}

void cache_ring_shrink(struct cache_ring *r, size_t count)
{
	while (r->count > count)
		give_up_oldest(r);
}

bool cache_ring_reaches(const struct cache_ring *r, const int64_t next[STREAM_COUNT])
{
	for (int k = 0; k < STREAM_COUNT; k++)
		if (next[k] < r->floor[k])
			return false;
	return true;
}

static bool is_behind(const int64_t touched[STREAM_COUNT], const int64_t next[STREAM_COUNT])
{
	for (int k = 0; k < STREAM_COUNT; k++)
		if (touched[k] >= 0 && touched[k] >= next[k])
			return true;
	return false;
}

bool cache_ring_has_news(const struct cache_ring *r, const int64_t next[STREAM_COUNT])
{
	return is_behind(r->last, next);
}

void cache_ring_print(const struct cache_ring *r, const int64_t next[STREAM_COUNT], struct buf *out)
{
	for (size_t i = next == NULL ? r->settled : 0; i < r->count; i++) {
		const struct ring_second *s = &r->at[r->first + i];
		if (s->text == NULL || (next != NULL && !is_behind(s->touched, next)))
			continue;
		if (out->len > 0)
			buf_add_char(out, ',');
		buf_add(out, s->text, s->text_len);
		buf_add_str(out, i < r->settled ? ",\"closed\":true}" : ",\"closed\":false}");
	}
}
