/*
 * chart_indicator: the indicators that an answer is asked for, as texts: "sma:20,bollinger:20:2.5,vwap". Pure computations.
 */
#pragma once
#include "request.h"
#include <stddef.h>
#include <stdint.h>

enum chart_indicator_kind {
	INDICATOR_SMA,       /* mean of the last N closes */
	INDICATOR_EMA,       /* exponential average, seeded by the mean of the first N closes */
	INDICATOR_BOLLINGER, /* sma:N and K standard deviations (of the population) around it */
	INDICATOR_RSI,       /* relative strength over N changes, with Wilder's smoothing */
	INDICATOR_VWAP,      /* typical price weighted by volume since the bar's UTC day began */
};

#define CHART_INDICATOR_SIZE 24
#define CHART_INDICATORS_MAX 8
#define CHART_INDICATOR_PERIOD "(?:[2-9]|[1-9][0-9]|1[0-9][0-9]|200)"
#define CHART_INDICATOR_WIDTH "(?:[1-9](?:[.][0-9]{1,4})?|0[.][1-9][0-9]{0,3})"
#define CHART_INDICATOR                                                                            \
	"(?:(?:sma|ema|rsi):" CHART_INDICATOR_PERIOD "|bollinger:" CHART_INDICATOR_PERIOD          \
	":" CHART_INDICATOR_WIDTH "|vwap)"
#define CHART_INDICATORS_PATTERN "^" CHART_INDICATOR "(?:," CHART_INDICATOR "){0,7}$"

struct chart_indicator {
	enum chart_indicator_kind kind;
	int64_t period;                  /* N */
	char width[8];                   /* K, a decimal */
	char name[CHART_INDICATOR_SIZE]; /* as it was asked for */
};

struct chart_indicators {
	size_t count;
	struct chart_indicator v[CHART_INDICATORS_MAX];
};

/* Takes exactly what CHART_INDICATORS_PATTERN matches; what is named twice is taken once. 0, or -1 with `a` filled (400). */
int chart_indicators_parse(const char *text, struct chart_indicators *out, struct answer *a);
/* How many bars before the first of the answer make its values those of the whole history, to a relative error of 1e-6 and far less. The
 * recursive ones forget a bar by 1 - 2/(N+1) or 1 - 1/N with each further one: N bars that seed them, and then as many as leave
 * 1e-8 of the seed; for rsi 1e-10, as a calm market behind a wild one changes little by itself. */
int64_t chart_indicator_warm_up(const struct chart_indicator *indicator);
