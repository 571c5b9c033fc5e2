/* What the tests of the cache share: a cache of two topics, and records as they come from them. */
#pragma once
#include "cgi/cache.h"
#include "clock.h"
#include "metrics.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL "BTCUSDT"
#define T0 (1700000000 * SECOND_US)
#define PRODUCED 1700000000000
#define NONE CURSOR_NONE

/* The state that every test begins with. */
struct fixture {
	struct cache *cache;
	int partition;
	int64_t next[STREAM_COUNT]; /* offsets that the next records get */
	struct cache_reading reading;
	uint64_t asked;
};

static inline struct decimal dec(const char *text)
{
	struct decimal d;
	assert_int_equal(decimal_parse(&d, text, strlen(text)), 0);
	return d;
}

static inline struct cache_place place(struct fixture *f, enum stream_kind kind)
{
	return (struct cache_place){.partition = f->partition,
		.kind = kind,
		.offset = f->next[kind]++,
		.produced_ms = PRODUCED};
}

static inline bool sample(struct fixture *f, int64_t at_us, const char *price)
{
	struct cache_place at = place(f, STREAM_MINI_TICKER);
	struct event ev = {.kind = STREAM_MINI_TICKER, .symbol = SYMBOL, .event_us = at_us};
	ev.mini_ticker.close = dec(price);
	return cache_event(f->cache, &at, &ev);
}

static inline bool trade(struct fixture *f, int64_t at_us, int64_t id, const char *price)
{
	struct cache_place at = place(f, STREAM_TRADE);
	struct event ev = {.kind = STREAM_TRADE, .symbol = SYMBOL, .event_us = at_us};
	ev.trade = (struct event_trade){
		.id = id, .trade_us = at_us, .price = dec(price), .quantity = dec("1")};
	return cache_event(f->cache, &at, &ev);
}

static inline bool control_of(struct fixture *f, enum stream_kind kind, struct control c)
{
	static char symbols[1][SYMBOL_SIZE] = {SYMBOL};
	struct cache_place at = place(f, kind);
	at.produced_ms = c.clock_us / MS_US;
	snprintf(c.collector, sizeof(c.collector), "test");
	if (c.session[0] == '\0')
		snprintf(c.session, sizeof(c.session), "s1");
	if (c.symbol_count > 0)
		c.symbols = symbols;
	return cache_control(f->cache, &at, &c);
}

static inline bool begin(struct fixture *f, enum stream_kind kind, int64_t t_us)
{
	return control_of(f, kind,
		(struct control){.kind = CONTROL_BEGIN,
			.t_us = t_us,
			.clock_us = t_us,
			.speed = 1,
			.has_symbols = true,
			.symbol_count = 1});
}

static inline bool alive(struct fixture *f, enum stream_kind kind, int64_t t_us)
{
	return control_of(f, kind,
		(struct control){
			.kind = CONTROL_ALIVE, .t_us = t_us, .clock_us = t_us, .speed = 1});
}

/* A reading of miniTicker and trade that begins at `start` of both topics. */
static inline void read_from(struct fixture *f, int64_t start, bool whole)
{
	const struct cache_start at = {.offset = start, .whole = whole};
	cache_begin(f->cache);
	for (int p = 0; p < TOPIC_PARTITIONS; p++)
		for (int k = 0; k < STREAM_COUNT; k++)
			cache_begin_at(f->cache, p, (enum stream_kind)k, &at);
	for (int k = 0; k < STREAM_COUNT; k++)
		f->next[k] = start;
	cache_epoch(f->cache, 7);
}

static inline void warm(struct fixture *f)
{
	begin(f, STREAM_MINI_TICKER, T0);
	begin(f, STREAM_TRADE, T0);
	cache_warm(f->cache);
}

static inline struct cache_want want(struct fixture *f, int64_t mini_ticker, int64_t trades)
{
	struct cache_want w = {.symbol = cache_find(f->cache, SYMBOL), .resumes = true, .epoch = 7};
	assert_non_null(w.symbol);
	w.next[STREAM_MINI_TICKER] = mini_ticker;
	w.next[STREAM_KLINE_1S] = 0;
	w.next[STREAM_TRADE] = trades;
	return w;
}

static inline enum cache_look look(struct fixture *f, const struct cache_want *w)
{
	return cache_look(f->cache, w, 1, &f->asked);
}

/* The seconds (after T0) of the events behind the cursor, e.g. "1 2 5". */
static inline const char *seconds(struct fixture *f, const struct cache_want *w)
{
	static char out[1024];
	size_t len = 0;
	assert_true(cache_read(f->cache, w, 1, PRODUCED, &f->reading));
	out[0] = '\0';
	for (const char *p = f->reading.events.data;
		f->reading.events.len > 0 && (p = strstr(p, "\"t\":")) != NULL;) {
		long long ms = strtoll(p += 4, NULL, 10);
		len += (size_t)snprintf(out + len, sizeof(out) - len, len > 0 ? " %lld" : "%lld",
			ms / 1000 - T0 / SECOND_US);
	}
	return out;
}

static inline int64_t at_second(int64_t n)
{
	return T0 + n * SECOND_US;
}

static inline int set_up(void **state)
{
	const struct cache_limits limits = {
		.keep_us = 60 * SECOND_US, .settle_us = 5 * SECOND_US, .bytes_max = 1 << 20};
	struct fixture *f = calloc(1, sizeof(*f));
	f->cache = cache_new(&limits, "test");
	f->partition = topic_partition(SYMBOL, strlen(SYMBOL));
	buf_init(&f->reading.events, 1 << 20);
	read_from(f, 0, true);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	cache_free(f->cache);
	buf_done(&f->reading.events);
	free(f);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
