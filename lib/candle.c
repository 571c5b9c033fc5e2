#include "candle.h"
#include "clock.h"
#include <stddef.h>

const char *origin_name(enum origin o)
{
	switch (o) {
	case ORIGIN_SAMPLE:
		return "sample";
	case ORIGIN_AGG_TRADE:
		return "aggTrade";
	case ORIGIN_TRADE:
		return "trade";
	case ORIGIN_KLINE:
		return "kline";
	case ORIGIN_CORRECTION:
		return "correction";
	}
	return "";
}

static bool equal(const struct decimal *a, const struct decimal *b)
{
	return decimal_cmp(a, b) == 0;
}

static bool prices_equal(const struct candle *a, const struct candle *b)
{
	return equal(&a->open, &b->open) && equal(&a->high, &b->high) && equal(&a->low, &b->low) &&
	       equal(&a->close, &b->close);
}

static bool volumes_equal(const struct candle *a, const struct candle *b)
{
	if (a->has_volume != b->has_volume)
		return false;
	return !a->has_volume ||
	       (equal(&a->volume, &b->volume) && equal(&a->quote, &b->quote) &&
		       equal(&a->taker_volume, &b->taker_volume) &&
		       equal(&a->taker_quote, &b->taker_quote) && a->trades == b->trades &&
		       a->first_id == b->first_id && a->last_id == b->last_id);
}

bool candle_equal(const struct candle *a, const struct candle *b)
{
	return a->open_us == b->open_us && a->origin == b->origin && a->closed == b->closed &&
	       a->stated_us == b->stated_us && prices_equal(a, b) && volumes_equal(a, b);
}

static void add_decimal(struct buf *b, const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];
	size_t len = decimal_format(d, text);

	buf_add(b, ",\"", 2);
	buf_add(b, text, len);
	buf_add_char(b, '"');
}

void candle_add_json(struct buf *b, const struct candle *c)
{
	buf_add_int(b, c->open_us / MS_US);
	add_decimal(b, &c->open);
	add_decimal(b, &c->high);
	add_decimal(b, &c->low);
	add_decimal(b, &c->close);
	if (c->has_volume) {
		add_decimal(b, &c->volume);
		add_decimal(b, &c->quote);
		buf_add_char(b, ',');
		buf_add_int(b, c->trades);
	} else {
		buf_add_str(b, ",null,null,null");
	}
	buf_printf(b, ",\"%s\"", origin_name(c->origin));
}
