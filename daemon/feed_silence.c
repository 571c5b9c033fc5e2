#include "feed_silence.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

METRIC_GAUGE(silent_now, "pricegraph_feed_silent_streams",
	"Wanted streams not heard for feed.stream_silence while their connection lives.");
METRIC_COUNTER(silences, "pricegraph_feed_stream_silences_total",
	"Times that a wanted stream fell silent while its connection lived.");

struct feed_silence_stream {
	char key[SYMBOL_SIZE + 1]; /* the stream's kind + 1, then the symbol */
	enum stream_kind stream;
	int64_t heard_us;
	bool silent, kept;
	UT_hash_handle hh;
};

/* Returns its length. */
static size_t write_key(char key[SYMBOL_SIZE + 1], enum stream_kind stream, const char *symbol)
{
	size_t len = strnlen(symbol, SYMBOL_SIZE - 1);

	key[0] = (char)(stream + 1);
	memcpy(key + 1, symbol, len);
	key[1 + len] = '\0';
	return 1 + len;
}

static void set_silent(struct feed_silence_stream *w, bool silent)
{
	if (w->silent == silent)
		return;
	w->silent = silent;
	metric_add(&silent_now, silent ? 1 : -1);
}

void feed_silence_init(struct feed_silence *s, int64_t after_us)
{
	*s = (struct feed_silence){.after_us = after_us};
}

static void forget_not_kept(struct feed_silence *s)
{
	struct feed_silence_stream *next;

	for (struct feed_silence_stream *w = s->streams; w; w = next) {
		next = w->hh.next;
		if (w->kept)
			continue;
		set_silent(w, false);
		HASH_DEL(s->streams, w);
		free(w);
	}
}

static void keep_none(struct feed_silence *s)
{
	for (struct feed_silence_stream *w = s->streams; w; w = w->hh.next)
		w->kept = false;
}

void feed_silence_done(struct feed_silence *s)
{
	keep_none(s);
	forget_not_kept(s);
}

int feed_silence_set(
	struct feed_silence *s, const struct feed_want *wants, size_t count, int64_t now_us)
{
	int rc = 0;

	keep_none(s);
	for (size_t i = 0; s->after_us && i < count; i++) {
		struct feed_silence_stream *w;
		char key[SYMBOL_SIZE + 1];

		if (!*wants[i].symbol)
			continue;
		size_t len = write_key(key, wants[i].stream, wants[i].symbol);
		HASH_FIND(hh, s->streams, key, len, w);
		if (!w) {
			w = calloc(1, sizeof(*w));
			if (!w) {
				rc = -1;
				continue;
			}
			memcpy(w->key, key, len + 1);
			w->stream = wants[i].stream;
			w->heard_us = now_us;
			HASH_ADD_STR(s->streams, key, w);
		}
		w->kept = true;
	}
	forget_not_kept(s);
	return rc;
}

void feed_silence_start(struct feed_silence *s, int64_t now_us)
{
	for (struct feed_silence_stream *w = s->streams; w; w = w->hh.next) {
		set_silent(w, false);
		w->heard_us = now_us;
	}
}

void feed_silence_heard(
	struct feed_silence *s, enum stream_kind stream, const char *symbol, int64_t now_us)
{
	struct feed_silence_stream *w;
	char key[SYMBOL_SIZE + 1];

	if (!s->streams)
		return;
	size_t len = write_key(key, stream, symbol);
	HASH_FIND(hh, s->streams, key, len, w);
	if (!w)
		return;
	if (w->silent)
		log_info("feed_stream_heard", "symbol=%s stream=%s silent_s=%lld", symbol,
			stream_table[stream].name, (long long)((now_us - w->heard_us) / SECOND_US));
	set_silent(w, false);
	w->heard_us = now_us;
}

void feed_silence_check(struct feed_silence *s, int64_t now_us)
{
	if (now_us < s->next_check_us)
		return;
	s->next_check_us = now_us + SECOND_US;
	for (struct feed_silence_stream *w = s->streams; w; w = w->hh.next) {
		if (w->silent || now_us - w->heard_us < s->after_us)
			continue;
		set_silent(w, true);
		metric_add(&silences, 1);
		log_warn("feed_stream_silent", "symbol=%s stream=%s silent_s=%lld", w->key + 1,
			stream_table[w->stream].name,
			(long long)((now_us - w->heard_us) / SECOND_US));
	}
}
