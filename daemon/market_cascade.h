/*
 * market_cascade: how busy a synthetic symbol is and where its price stands at any second, as a
 * pure function of (key, time).
 *
 * A day's trades are dealt out to its hours, an hour's to its minutes, a minute's to its seconds,
 * by random weights: a multiplicative cascade, which gives bursts and quiet times on every scale.
 * The logarithm of the price is value noise from day to day and a Brownian bridge within each
 * part, its variance by the same weights, so that busy times are also volatile ones. Nothing
 * depends on where one begins: the three levels at hand are a cache. One owning thread.
 */
#pragma once
#include <stdint.h>

#define CASCADE_FIRST_DAY 17401 /* 2017-08-23: no trades before */
#define CASCADE_PARTS_MAX 60

struct cascade_level {
	int64_t index; /* which day, hour or minute since the epoch this is; -1 = none */
	double width;  /* its part of the day's variance, as a deviation */
	double widths[CASCADE_PARTS_MAX];
	int64_t counts[CASCADE_PARTS_MAX +
		       1];                    /* trades before each part, since CASCADE_FIRST_DAY */
	double prices[CASCADE_PARTS_MAX + 1]; /* log of the price where each part begins */
};

struct market_cascade {
	uint64_t key;
	double base_price, trades_a_day;
	int64_t day, day_first;                       /* cached: trades before that day */
	struct cascade_level hours, minutes, seconds; /* of one day, one hour, one minute */
};

struct cascade_second {
	int64_t first, count;        /* trades before it since CASCADE_FIRST_DAY, and in it */
	double from_price, to_price; /* 0 in a second without trades */
};

void market_cascade_init(
	struct market_cascade *c, uint64_t key, double base_price, double trades_a_day);
/* `second`: seconds since the epoch. Before CASCADE_FIRST_DAY: count 0. */
struct cascade_second market_cascade_second(struct market_cascade *c, int64_t second);
/* A well mixed function of both (splitmix64). */
uint64_t market_mix(uint64_t a, uint64_t b);
/* About a standard normal deviate, made of the bits of `mixed`, within +-3.46. */
double market_normal(uint64_t mixed);
