#include "market_cascade.h"
#include <math.h>
#include <string.h>

#define DAY_DEVIATION 0.025

enum draw { DRAW_DAY = 1, DRAW_NOISE, DRAW_WEIGHT, DRAW_STEP };

uint64_t market_mix(uint64_t a, uint64_t b)
{
	uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

double market_normal(uint64_t mixed)
{
	int64_t sum = 0;

	for (int i = 0; i < 4; i++, mixed >>= 16)
		sum += (int64_t)(mixed & 0xffff);
	return (double)(sum - 131070) / 37836.6; /* 65535 * sqrt(4 / 12) */
}

static uint64_t draw(const struct market_cascade *c, enum draw what, int64_t which, int64_t part)
{
	return market_mix(
		market_mix(c->key ^ ((uint64_t)what << 56), (uint64_t)which), (uint64_t)part);
}

void market_cascade_init(
	struct market_cascade *c, uint64_t key, double base_price, double trades_a_day)
{
	memset(c, 0, sizeof(*c));
	c->key = key;
	c->base_price = base_price;
	c->trades_a_day = trades_a_day;
	c->day = CASCADE_FIRST_DAY;
	c->hours.index = c->minutes.index = c->seconds.index = -1;
}

static int64_t day_trades(const struct market_cascade *c, int64_t day)
{
	return (int64_t)(c->trades_a_day * exp(0.3 * market_normal(draw(c, DRAW_DAY, day, 0))));
}

/* Trades before `day`. */
static int64_t day_first(struct market_cascade *c, int64_t day)
{
	if (day < c->day) {
		c->day = CASCADE_FIRST_DAY;
		c->day_first = 0;
	}
	for (; c->day < day; c->day++)
		c->day_first += day_trades(c, c->day);
	return c->day_first;
}

/* Log of the price at a day's begin: smooth noise of six periods around the base. */
static double day_price(const struct market_cascade *c, int64_t day)
{
	double x = log(c->base_price);

	for (int64_t period = 1024; period >= 1; period /= 4) {
		int64_t cell = day / period;
		double at = (double)(day % period) / (double)period;
		double left = market_normal(draw(c, DRAW_NOISE, period, cell));
		double right = market_normal(draw(c, DRAW_NOISE, period, cell + 1));

		at = at * at * (3 - 2 * at);
		x += 0.4 * DAY_DEVIATION * sqrt((double)period) * (left + (right - left) * at);
	}
	return x;
}

struct whole { /* what is dealt out to the parts of a level */
	int64_t first, count;
	double from, to, width;
};

/* Markets of the world wake and sleep. */
static double hour_weight(int hour)
{
	return 1.0 + 0.5 * sin((hour - 8) * 0.2617993878);
}

static void level_fill(
	struct market_cascade *c, struct cascade_level *l, int parts, double spread, struct whole w)
{
	double weights[CASCADE_PARTS_MAX + 1] = {0}, steps[CASCADE_PARTS_MAX + 1] = {0};
	int64_t salt =
		l->index; /* days, hours and minutes since the epoch are never the same number */

	for (int i = 0; i < parts; i++) {
		double weight = exp(spread * market_normal(draw(c, DRAW_WEIGHT, salt, i)));

		if (parts == 24)
			weight *= hour_weight(i);
		weights[i + 1] = weights[i] + weight;
		l->widths[i] = sqrt(weight);
		steps[i + 1] = steps[i] + l->widths[i] * market_normal(draw(c, DRAW_STEP, salt, i));
	}
	for (int i = 0; i <= parts; i++) {
		double part = weights[i] / weights[parts], scale = w.width / sqrt(weights[parts]);

		l->counts[i] = w.first + (int64_t)((double)w.count * part);
		l->prices[i] =
			w.from + (w.to - w.from) * part + scale * (steps[i] - steps[parts] * part);
		if (i < parts)
			l->widths[i] *= scale;
	}
	l->width = w.width;
}

static struct whole level_part(const struct cascade_level *l, int64_t part)
{
	return (struct whole){.first = l->counts[part],
		.count = l->counts[part + 1] - l->counts[part],
		.from = l->prices[part],
		.to = l->prices[part + 1],
		.width = l->widths[part]};
}

struct cascade_second market_cascade_second(struct market_cascade *c, int64_t second)
{
	int64_t day = second / 86400, hour = second / 3600, minute = second / 60,
		part = second % 60;
	struct whole w;

	if (day < CASCADE_FIRST_DAY)
		return (struct cascade_second){0};
	if (c->seconds.index != minute) {
		if (c->hours.index != day) {
			w = (struct whole){day_first(c, day), day_trades(c, day), day_price(c, day),
				day_price(c, day + 1), DAY_DEVIATION};
			c->hours.index = day;
			level_fill(c, &c->hours, 24, 0.35, w);
		}
		if (c->minutes.index != hour) {
			c->minutes.index = hour;
			level_fill(c, &c->minutes, 60, 0.45, level_part(&c->hours, hour % 24));
		}
		c->seconds.index = minute;
		level_fill(c, &c->seconds, 60, 0.8, level_part(&c->minutes, minute % 60));
	}
	w = level_part(&c->seconds, part);
	if (w.count == 0)
		return (struct cascade_second){.first = w.first};
	return (struct cascade_second){.first = w.first,
		.count = w.count,
		.from_price = exp(w.from),
		.to_price = exp(w.to)};
}
