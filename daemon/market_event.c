#include "market_event.h"
#include "clock.h"
#include "market_number.h"
#include <string.h>

static void int_member(struct buf *out, const char *name, int64_t value)
{
	buf_add_str(out, ",\"");
	buf_add_str(out, name);
	buf_add_str(out, "\":");
	buf_add_int(out, value);
}

static void number_member(struct buf *out, const char *name, __int128 number, int places)
{
	buf_add_str(out, ",\"");
	buf_add_str(out, name);
	buf_add_str(out, "\":\"");
	number_add(out, number, places);
	buf_add_char(out, '"');
}

static void head(struct buf *out, const char *event, int64_t event_us, const char *symbol)
{
	buf_add_str(out, "{\"e\":\"");
	buf_add_str(out, event);
	buf_add_char(out, '"');
	int_member(out, "E", event_us / MS_US);
	buf_add_str(out, ",\"s\":");
	buf_add_json(out, symbol, strlen(symbol));
}

void market_event_trade(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_trade *t)
{
	head(out, "trade", event_us, symbol);
	int_member(out, "t", t->id);
	number_member(out, "p", t->price, NUMBER_PLACES);
	number_member(out, "q", t->quantity, NUMBER_PLACES);
	int_member(out, "T", t->trade_us / MS_US);
	buf_add_str(out, t->maker ? ",\"m\":true,\"M\":true}" : ",\"m\":false,\"M\":true}");
}

void market_event_agg_trade(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_order *o)
{
	head(out, "aggTrade", event_us, symbol);
	int_member(out, "a", o->id);
	number_member(out, "p", o->price, NUMBER_PLACES);
	number_member(out, "q", o->quantity, NUMBER_PLACES);
	int_member(out, "f", o->first_id);
	int_member(out, "l", o->last_id);
	int_member(out, "T", o->trade_us / MS_US);
	buf_add_str(out, o->maker ? ",\"m\":true,\"M\":true}" : ",\"m\":false,\"M\":true}");
}

void market_event_mini_ticker(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_stats *s)
{
	head(out, "24hrMiniTicker", event_us, symbol);
	number_member(out, "c", s->close, NUMBER_PLACES);
	number_member(out, "o", s->open, NUMBER_PLACES);
	number_member(out, "h", s->high, NUMBER_PLACES);
	number_member(out, "l", s->low, NUMBER_PLACES);
	number_member(out, "v", s->volume, NUMBER_PLACES);
	number_member(out, "q", s->quote, QUOTE_PLACES);
	buf_add_char(out, '}');
}

void market_event_ticker(struct buf *out, const char *symbol, int64_t event_us,
	const struct market_stats *s, const struct market_best *b)
{
	head(out, "24hrTicker", event_us, symbol);
	number_member(out, "p", s->close - s->open, NUMBER_PLACES);
	buf_add_str(out, ",\"P\":\"");
	number_add_percent(out, s->close - s->open, s->open);
	buf_add_char(out, '"');
	number_member(out, "w", s->volume ? s->quote / s->volume : 0, NUMBER_PLACES);
	number_member(out, "x", s->before, NUMBER_PLACES);
	number_member(out, "c", s->close, NUMBER_PLACES);
	number_member(out, "Q", b->last_quantity, NUMBER_PLACES);
	number_member(out, "b", b->bid, NUMBER_PLACES);
	number_member(out, "B", b->quantity, NUMBER_PLACES);
	number_member(out, "a", b->ask, NUMBER_PLACES);
	number_member(out, "A", b->quantity, NUMBER_PLACES);
	number_member(out, "o", s->open, NUMBER_PLACES);
	number_member(out, "h", s->high, NUMBER_PLACES);
	number_member(out, "l", s->low, NUMBER_PLACES);
	number_member(out, "v", s->volume, NUMBER_PLACES);
	number_member(out, "q", s->quote, QUOTE_PLACES);
	int_member(out, "O", (event_us - WINDOW_US) / MS_US);
	int_member(out, "C", event_us / MS_US);
	int_member(out, "F", s->first_id);
	int_member(out, "L", s->last_id);
	int_member(out, "n", s->trades);
	buf_add_char(out, '}');
}

void market_event_kline(
	struct buf *out, const char *symbol, int64_t event_us, const struct market_bar *b)
{
	head(out, "kline", event_us, symbol);
	buf_add_str(out, ",\"k\":{\"t\":");
	buf_add_int(out, b->open_us / MS_US);
	int_member(out, "T", (b->open_us + SECOND_US) / MS_US - 1);
	buf_add_str(out, ",\"s\":");
	buf_add_json(out, symbol, strlen(symbol));
	buf_add_str(out, ",\"i\":\"1s\"");
	int_member(out, "f", b->first_id);
	int_member(out, "L", b->last_id);
	number_member(out, "o", b->open, NUMBER_PLACES);
	number_member(out, "c", b->close, NUMBER_PLACES);
	number_member(out, "h", b->high, NUMBER_PLACES);
	number_member(out, "l", b->low, NUMBER_PLACES);
	number_member(out, "v", b->volume, NUMBER_PLACES);
	int_member(out, "n", b->trades);
	buf_add_str(out, ",\"x\":true");
	number_member(out, "q", b->quote, QUOTE_PLACES);
	number_member(out, "V", b->taker_volume, NUMBER_PLACES);
	number_member(out, "Q", b->taker_quote, QUOTE_PLACES);
	buf_add_str(out, ",\"B\":\"0\"}}");
}
