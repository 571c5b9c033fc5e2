/* Whatever the exchange answers to requests, a frame a line: every stream is in one state, and no more is pending than was asked. */
#include "daemon/feed_subscribe.h"
#include "log.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Its lines would be all that is seen. */
void log_event(enum log_level level, const char *event, const char *format, ...)
{
	(void)level;
	(void)event;
	(void)format;
}

static void check(const struct feed_subscribe *s)
{
	size_t in[FEED_STATE_COUNT] = {0}, sum = 0;

	for (size_t i = 0; i < s->count; i++)
		in[s->entries[i].state]++;
	for (int i = 0; i < FEED_STATE_COUNT; i++) {
		sum += in[i];
		if (in[i] != s->in[i])
			abort();
	}
	if (sum != s->count || s->pending_count > FEED_PENDING_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct feed_want wants[] = {{.symbol = "BTCUSDT", .stream = STREAM_TRADE},
		{.symbol = "ETHUSDT", .stream = STREAM_TRADE},
		{.symbol = "BTCUSDT", .stream = STREAM_KLINE_1S}};
	struct feed_subscribe s;
	struct buf out;
	int64_t now_us = 1;

	buf_init(&out, 1 << 16);
	if (feed_subscribe_init(&s, wants, 3, 10000000) != 0)
		abort();
	feed_subscribe_reset(&s);
	for (const uint8_t *at = data, *end = data + len; at < end; now_us += 600000) {
		const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
		size_t frame_len = (size_t)((stop ? stop : end) - at);
		struct feed_frame f;

		feed_subscribe_next(&s, now_us, &out);
		feed_frame_read(&f, (const char *)at, frame_len);
		if (f.kind == FEED_ANSWER)
			feed_subscribe_answer(&s, &f.answer);
		if (feed_subscribe_expired(&s, now_us) && !feed_subscribe_ask_again(&s))
			feed_subscribe_reset(&s);
		check(&s);
		at += frame_len + (stop != NULL);
	}
	feed_subscribe_done(&s);
	buf_done(&out);
	return 0;
}
