#include "stream.h"
#include <string.h>

const struct stream stream_table[STREAM_COUNT] = {
	[STREAM_MINI_TICKER] = {STREAM_MINI_TICKER, "miniTicker", "24hrMiniTicker",
		"raw_mini_ticker", SAYS_SAMPLE, false, NULL, STREAM_KLINE_1S},
	[STREAM_KLINE_1S] = {STREAM_KLINE_1S, "kline_1s", "kline", "candle_1s", SAYS_KLINE, true,
		"kline_1s.history", STREAM_KLINE_1S},
	[STREAM_TRADE] = {STREAM_TRADE, "trade", "trade", "raw_trade", SAYS_TRADE, true,
		"trade.history", STREAM_AGG_TRADE},
	[STREAM_AGG_TRADE] = {STREAM_AGG_TRADE, "aggTrade", "aggTrade", "raw_agg_trade",
		SAYS_AGG_TRADE, true, "aggTrade.history", STREAM_AGG_TRADE},
	/* Its last price is no sample: at the E of a miniTicker it may be another one, and which came first would decide. */
	[STREAM_TICKER] = {STREAM_TICKER, "ticker", "24hrTicker", "raw_ticker", SAYS_NOTHING, false,
		NULL, STREAM_KLINE_1S},
};

static const struct stream *find(const char *name, size_t len)
{
	for (size_t i = 0; i < STREAM_COUNT; i++)
		if (strlen(stream_table[i].name) == len &&
			memcmp(stream_table[i].name, name, len) == 0)
			return &stream_table[i];
	return NULL;
}

const struct stream *stream_find(const char *name)
{
	return find(name, strlen(name));
}

const struct stream *stream_of_name(const char *name, size_t len, size_t *symbol_len)
{
	const char *at = len ? memchr(name, '@', len) : NULL;

	/* "@trade" and "!miniTicker@arr" name no single symbol. */
	if (!at || at == name)
		return NULL;
	size_t before = (size_t)(at - name);
	const struct stream *s = find(at + 1, len - before - 1);
	if (s)
		*symbol_len = before;
	return s;
}
