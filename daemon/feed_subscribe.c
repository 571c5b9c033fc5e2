#include "feed_subscribe.h"
#include "log.h"
#include <assert.h>
#include <string.h>

void feed_subscribe_init(
	struct feed_subscribe *s, const struct feed_want *wants, size_t count, int64_t timeout_us)
{
	assert(count <= FEED_STREAMS_MAX);
	*s = (struct feed_subscribe){.wants = wants, .count = count, .timeout_us = timeout_us};
}

void feed_subscribe_reset(struct feed_subscribe *s)
{
	feed_subscribe_init(s, s->wants, s->count, s->timeout_us);
}

/* The exchange's stream name, as a JSON string. ASCII letters of the symbol become small ones. */
static void add_name(struct buf *out, const struct feed_want *want)
{
	char name[SYMBOL_SIZE + 32];
	size_t len = 0;

	for (const char *p = want->symbol; *p && len < SYMBOL_SIZE; p++)
		name[len++] = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	name[len++] = '@';
	for (const char *p = stream_table[want->stream].name; *p && len < sizeof(name); p++)
		name[len++] = *p;
	buf_add_json(out, name, len);
}

/* As many names as fit; what follows them is at most `,"id":1234567890}` and a bracket. */
static void add_names(struct feed_subscribe *s, struct buf *out)
{
	static const size_t tail_bytes = 32;

	for (size_t first = s->next; s->next < s->count; s->next++) {
		size_t before = out->len;
		if (s->next > first)
			buf_add_char(out, ',');
		add_name(out, &s->wants[s->next]);
		if (out->len + tail_bytes > FEED_REQUEST_BYTES && s->next > first) {
			out->len = before;
			return;
		}
	}
}

bool feed_subscribe_next(struct feed_subscribe *s, int64_t now_us, struct buf *out)
{
	if (s->next == s->count || now_us < s->not_before_us ||
		s->pending_count == FEED_PENDING_MAX)
		return false;
	buf_reset(out);
	buf_add_str(out, "{\"method\":\"SUBSCRIBE\",\"params\":[");
	add_names(s, out);
	buf_printf(out, "],\"id\":%lld}", (long long)++s->last_id);
	s->not_before_us = now_us + FEED_REQUEST_INTERVAL_US;
	s->pending[s->pending_count++] = (struct feed_pending){s->last_id, now_us + s->timeout_us};
	return true;
}

enum feed_answered feed_subscribe_answer(struct feed_subscribe *s, const struct feed_answer *a)
{
	for (size_t i = 0; i < s->pending_count; i++) {
		if (a->has_id ? a->id != s->pending[i].id : !a->failed)
			continue;
		s->pending_count--;
		memmove(s->pending + i, s->pending + i + 1,
			(s->pending_count - i) * sizeof(s->pending[0]));
		if (!a->failed)
			return FEED_ACKNOWLEDGED;
		log_error("feed_request_refused", "code=%lld message=\"%s\"", (long long)a->code,
			a->message);
		return FEED_REFUSED;
	}
	log_warn("feed_answer_unexpected", "id=%lld code=%lld message=\"%s\"",
		(long long)(a->has_id ? a->id : -1), (long long)(a->failed ? a->code : 0),
		a->message);
	return FEED_NOBODY_WAITS;
}

bool feed_subscribe_expired(const struct feed_subscribe *s, int64_t now_us)
{
	return s->pending_count && now_us >= s->pending[0].deadline_us;
}

bool feed_subscribe_complete(const struct feed_subscribe *s)
{
	return s->next == s->count && !s->pending_count;
}
