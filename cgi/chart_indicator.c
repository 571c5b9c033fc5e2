#include "chart_indicator.h"
#include "problem.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_MAX 200

static const struct kind {
	const char *name;
	bool has_period, has_width;
} kinds[] = {
	[INDICATOR_SMA] = {"sma", true, false},
	[INDICATOR_EMA] = {"ema", true, false},
	[INDICATOR_BOLLINGER] = {"bollinger", true, true},
	[INDICATOR_RSI] = {"rsi", true, false},
	[INDICATOR_VWAP] = {"vwap", false, false},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ":<2..200>", without zeros in front, at the begin of what is left of the text; then *at is behind it. */
static bool take_period(const char **at, struct chart_indicator *out)
{
	const char *digits = *at + 1;
	size_t len = strspn(digits, "0123456789");

	if (**at != ':' || len == 0 || len > 3 || digits[0] == '0')
		return false;
	out->period = strtoll(digits, NULL, 10);
	*at = digits + len;
	return out->period >= 2 && out->period <= PERIOD_MAX;
}

/* ":<0.1..9.9999>" likewise. */
static bool take_width(const char **at, struct chart_indicator *out)
{
	const char *digits = *at + 1;
	size_t len, places = 0;

	if (**at != ':' || digits[0] < '0' || digits[0] > '9')
		return false;
	len = 1;
	if (digits[1] == '.') {
		places = strspn(digits + 2, "0123456789");
		len += 1 + places;
		if (places == 0 || places > 4)
			return false;
	}
	if (digits[0] == '0' && (places == 0 || digits[2] == '0'))
		return false;
	memcpy(out->width, digits, len);
	out->width[len] = '\0';
	*at = digits + len;
	return true;
}

/* One of `len` bytes. */
static bool parse_one(const char *text, size_t len, struct chart_indicator *out)
{
	struct chart_indicator i = {0};

	if (len >= sizeof(i.name))
		return false;
	memcpy(i.name, text, len);
	for (size_t k = 0; k < KINDS; k++) {
		size_t name_len = strlen(kinds[k].name);
		const char *at = i.name + name_len;

		if (strncmp(i.name, kinds[k].name, name_len) != 0)
			continue;
		i.kind = (enum chart_indicator_kind)k;
		if ((kinds[k].has_period && !take_period(&at, &i)) ||
			(kinds[k].has_width && !take_width(&at, &i)) || *at != '\0')
			return false;
		*out = i;
		return true;
	}
	return false;
}

static bool is_there(const struct chart_indicators *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->v[i].name, name) == 0)
			return true;
	return false;
}

int chart_indicators_parse(const char *text, struct chart_indicators *out, struct answer *a)
{
	struct chart_indicators found = {0};
	size_t named = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		struct chart_indicator one;

		if (++named > CHART_INDICATORS_MAX) {
			problem_answer(a, PROBLEM_ILLEGAL_PARAM,
				"Data sent for parameter 'indicators' is not valid: at most %d.",
				CHART_INDICATORS_MAX);
			return -1;
		}
		if (!parse_one(text, len, &one)) {
			problem_answer(a, PROBLEM_ILLEGAL_PARAM,
				"Data sent for parameter 'indicators' is not valid: '%.*s' is none "
				"of sma:N, ema:N, rsi:N, bollinger:N:K, vwap with N from 2 to %d "
				"and K from 0.1 to 9.9999.",
				(int)(len < 64 ? len : 64), text, PERIOD_MAX);
			return -1;
		}
		if (!is_there(&found, one.name))
			found.v[found.count++] = one;
		if (text[len] == '\0')
			break;
		text += len + 1;
	}
	*out = found;
	return 0;
}

int64_t chart_indicator_warm_up(const struct chart_indicator *indicator)
{
	switch (indicator->kind) {
	case INDICATOR_SMA:
	case INDICATOR_BOLLINGER:
		return indicator->period - 1;
	case INDICATOR_EMA:
		return indicator->period + 19 * (indicator->period + 1) / 2;
	case INDICATOR_RSI:
		return 25 * indicator->period;
	case INDICATOR_VWAP:
		return 0;
	}
	return 0;
}
