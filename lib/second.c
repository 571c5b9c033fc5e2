#include "second.h"
#include <assert.h>

void second_init(struct second *s, int64_t open_us)
{
	*s = (struct second){.open_us = open_us};
}

void second_done(struct second *s)
{
	if (s) {
		idset_done(&s->trades.ids);
		idset_done(&s->agg_trades.ids);
	}
}

static bool less(const struct decimal *a, const struct decimal *b)
{
	return decimal_cmp(a, b) < 0;
}

static int add_sample(struct second_sample *s, const struct event *ev)
{
	const struct decimal price = ev->mini_ticker.close;
	int64_t at = ev->event_us;
	struct second_sample now = *s;

	if (!s->any) {
		*s = (struct second_sample){true, at, at, price, price, price, price};
		return 1;
	}
	/* (symbol, E) identifies a sample. */
	if (at == s->first_us || at == s->last_us)
		return 0;
	if (at < s->first_us) {
		now.first_us = at;
		now.open = price;
	}
	if (at > s->last_us) {
		now.last_us = at;
		now.close = price;
	}
	if (less(&s->high, &price))
		now.high = price;
	if (less(&price, &s->low))
		now.low = price;
	bool changed = now.first_us != s->first_us || now.last_us != s->last_us ||
		       less(&s->high, &now.high) || less(&now.low, &s->low);
	*s = now;
	return changed;
}

/* A trade, or an aggregate of some, as it adds to a second. */
struct portion {
	int64_t id;                /* its own: by it repeats are known, and first and last */
	int64_t first_id, last_id; /* of the trades in it */
	const struct decimal *price, *quantity;
	bool buyer_is_maker;
};

/* The sums with the portion in them. */
static int sum_portion(struct second_trades *now, const struct portion *t)
{
	struct decimal quote;

	if (decimal_mul(&quote, t->price, t->quantity) < 0 ||
		decimal_add(&now->volume, &now->volume, t->quantity) < 0 ||
		decimal_add(&now->quote, &now->quote, &quote) < 0)
		return -1;
	if (t->buyer_is_maker)
		return 0;
	if (decimal_add(&now->taker_volume, &now->taker_volume, t->quantity) < 0 ||
		decimal_add(&now->taker_quote, &now->taker_quote, &quote) < 0)
		return -1;
	return 0;
}

static void put_prices(struct second_trades *now, const struct portion *t)
{
	bool first = now->count == 0;

	if (first || t->id < now->first_key) {
		now->first_key = t->id;
		now->open = *t->price;
	}
	if (first || t->id > now->last_key) {
		now->last_key = t->id;
		now->close = *t->price;
	}
	if (first || t->first_id < now->first_id)
		now->first_id = t->first_id;
	if (first || t->last_id > now->last_id)
		now->last_id = t->last_id;
	if (first || less(&now->high, t->price))
		now->high = *t->price;
	if (first || less(t->price, &now->low))
		now->low = *t->price;
	now->count += t->last_id - t->first_id + 1;
}

static int add_portion(struct second_trades *s, const struct portion *t, struct err *e)
{
	struct second_trades now = *s;

	if (idset_has(&s->ids, t->id))
		return 0;
	if (s->count == 0)
		now.volume = now.quote = now.taker_volume = now.taker_quote = decimal_zero;
	if (sum_portion(&now, t) < 0)
		return err_set(e, "trade %lld: its second's sums overflow", (long long)t->id);
	if (idset_add(&s->ids, t->id) < 0)
		return err_set(e, "trade %lld: no memory for its second's ids", (long long)t->id);
	put_prices(&now, t);
	now.ids = s->ids;
	*s = now;
	return 1;
}

static int add_trade(struct second_trades *s, const struct event_trade *t, struct err *e)
{
	const struct portion one = {
		t->id, t->id, t->id, &t->price, &t->quantity, t->buyer_is_maker};

	return add_portion(s, &one, e);
}

static int add_agg_trade(struct second_trades *s, const struct event_agg_trade *t, struct err *e)
{
	const struct portion some = {
		t->id, t->first_id, t->last_id, &t->price, &t->quantity, t->buyer_is_maker};

	/* Taken back by the exchange: nothing was traded. */
	return t->first_id < 0 ? 0 : add_portion(s, &some, e);
}

/* Version of a kline = (closed, stated); a correction goes over all klines. */
static bool is_newer(const struct candle *a, const struct candle *b)
{
	bool corrects_a = a->origin == ORIGIN_CORRECTION,
	     corrects_b = b->origin == ORIGIN_CORRECTION;

	if (corrects_a != corrects_b)
		return corrects_a;
	if (a->closed != b->closed)
		return a->closed;
	return a->stated_us > b->stated_us;
}

/* Bars of history come without trade ids; those which another statement of the same bar told are as good. */
static bool adopt_ids(struct candle *to, const struct candle *from)
{
	if (to->first_id >= 0 || from->first_id < 0 || to->trades != from->trades ||
		to->origin != ORIGIN_KLINE || from->origin != ORIGIN_KLINE)
		return false;
	to->first_id = from->first_id;
	to->last_id = from->last_id;
	return true;
}

static int put_kline(struct second_kline *s, const struct candle *c)
{
	struct candle now = *c;

	if (s->any && !is_newer(c, &s->candle))
		return adopt_ids(&s->candle, c);
	if (s->any)
		adopt_ids(&now, &s->candle);
	*s = (struct second_kline){true, now};
	return 1;
}

static int add_kline(struct second_kline *s, const struct event *ev)
{
	const struct event_kline *k = &ev->kline;
	const struct candle c = {
		.open_us = k->open_us,
		.open = k->open,
		.high = k->high,
		.low = k->low,
		.close = k->close,
		.has_volume = true,
		.volume = k->volume,
		.quote = k->quote,
		.taker_volume = k->taker_volume,
		.taker_quote = k->taker_quote,
		.trades = k->trades,
		.first_id = k->first_id,
		.last_id = k->last_id,
		.origin = ORIGIN_KLINE,
		.closed = k->closed,
		.stated_us = ev->event_us,
	};

	return put_kline(s, &c);
}

int second_add(struct second *s, const struct event *ev, struct err *e)
{
	assert(event_second_us(ev) == s->open_us);
	switch (stream_table[ev->kind].says) {
	case SAYS_NOTHING:
		return 0;
	case SAYS_SAMPLE:
		return add_sample(&s->sample, ev);
	case SAYS_TRADE:
		return add_trade(&s->trades, &ev->trade, e);
	case SAYS_AGG_TRADE:
		return add_agg_trade(&s->agg_trades, &ev->agg_trade, e);
	case SAYS_KLINE:
		return add_kline(&s->kline, ev);
	}
	return err_set(e, "an event of an unknown kind");
}

void second_add_stored(struct second *s, const struct candle *stored)
{
	assert(stored->open_us == s->open_us);
	if (stored->origin >= ORIGIN_KLINE)
		put_kline(&s->kline, stored);
}

static struct candle sample_candle(const struct second *s)
{
	return (struct candle){
		.open_us = s->open_us,
		.open = s->sample.open,
		.high = s->sample.high,
		.low = s->sample.low,
		.close = s->sample.close,
		.volume = decimal_zero,
		.quote = decimal_zero,
		.taker_volume = decimal_zero,
		.taker_quote = decimal_zero,
		.first_id = -1,
		.last_id = -1,
		.origin = ORIGIN_SAMPLE,
	};
}

static struct candle trades_candle(
	const struct second *s, const struct second_trades *t, enum origin origin)
{
	return (struct candle){
		.open_us = s->open_us,
		.open = t->open,
		.high = t->high,
		.low = t->low,
		.close = t->close,
		.has_volume = true,
		.volume = t->volume,
		.quote = t->quote,
		.taker_volume = t->taker_volume,
		.taker_quote = t->taker_quote,
		.trades = t->count,
		.first_id = t->first_id,
		.last_id = t->last_id,
		.origin = origin,
	};
}

bool second_is_decided(const struct second *s)
{
	const struct second_kline *k = &s->kline;

	return k->any && (k->candle.closed || k->candle.origin == ORIGIN_CORRECTION);
}

bool second_visible(const struct second *s, struct candle *out)
{
	const struct second_kline *k = &s->kline;
	int64_t most =
		s->trades.count > s->agg_trades.count ? s->trades.count : s->agg_trades.count;

	/* An open kline may lag behind the trades. */
	if (k->any && (second_is_decided(s) || k->candle.trades >= most))
		*out = k->candle;
	else if (most > 0 && s->trades.count == most)
		*out = trades_candle(s, &s->trades, ORIGIN_TRADE);
	else if (most > 0)
		*out = trades_candle(s, &s->agg_trades, ORIGIN_AGG_TRADE);
	else if (s->sample.any)
		*out = sample_candle(s);
	else
		return false;
	return true;
}
