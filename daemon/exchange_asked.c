#include "exchange_asked.h"
#include "clock.h"
#include "market_number.h"
#include <stdlib.h>
#include <string.h>

void asked_time_add(const struct asked *q, int64_t us)
{
	buf_add_int(&q->answer->body, q->request->microseconds ? us : us / MS_US);
}

void asked_number_add(struct buf *out, const char *name, __int128 number, int places)
{
	buf_add_char(out, ',');
	if (name) {
		buf_add_json(out, name, strlen(name));
		buf_add_char(out, ':');
	}
	buf_add_char(out, '"');
	number_add(out, number, places);
	buf_add_char(out, '"');
}

int asked_bound(const struct asked *q, const char *name, int64_t *us)
{
	int64_t t = -1;

	if (rest_param_integer(q->request, name, &t, q->answer))
		return -1;
	*us = t < 0 ? -1 : clock_from_exchange(t);
	return 0;
}

int asked_limit(const struct asked *q, size_t *limit)
{
	int64_t n = ASKED_LIMIT_DEFAULT;

	if (rest_param_integer(q->request, "limit", &n, q->answer))
		return -1;
	if (n < 1)
		return rest_error(
			q->answer, 400, -1130, "Data sent for parameter 'limit' is not valid.");
	*limit = n > ASKED_LIMIT_MAX ? ASKED_LIMIT_MAX : (size_t)n;
	return 0;
}

int asked_symbol(const struct asked *q, const struct market_symbol **symbol)
{
	const char *name;

	if (rest_param_text(q->request, "symbol", &name, q->answer))
		return -1;
	*symbol = market_symbol_find(q->market, name);
	return *symbol ? 0 : rest_error(q->answer, 400, -1121, "Invalid symbol.");
}

/* The next name of a list ["A","B"], `at` behind its '['. 1: a name; 0: the end; -1: no list. */
static int name_next(const char **at, char name[SYMBOL_SIZE], bool first)
{
	size_t len;

	if (**at == ']')
		return first || (*at)[1] ? -1 : 0;
	if (!first && *(*at)++ != ',')
		return -1;
	if (**at != '"')
		return -1;
	len = strcspn(++*at, "\"\\");
	if ((*at)[len] != '"' || len == 0)
		return -1;
	/* A longer name is the name of none. */
	memcpy(name, *at, len < SYMBOL_SIZE ? len : SYMBOL_SIZE - 1);
	name[len < SYMBOL_SIZE ? len : SYMBOL_SIZE - 1] = '\0';
	*at += len + 1;
	return 1;
}

static int list_choose(const struct asked *q, const char *list, bool *chosen, size_t *count)
{
	const struct market_symbol *s;
	const char *at = list + (*list == '[');
	char name[SYMBOL_SIZE];
	int more;

	while ((more = *list == '[' ? name_next(&at, name, *count == 0) : -1) > 0) {
		size_t i;

		s = market_symbol_find(q->market, name);
		if (!s)
			return rest_error(q->answer, 400, -1121, "Invalid symbol.");
		i = (size_t)(s - market_symbol_at(q->market, 0));
		if (chosen[i])
			return rest_error(q->answer, 400, -1151,
				"Symbol is present multiple times in the list.");
		chosen[i] = true;
		++*count;
	}
	if (more < 0)
		return rest_error(q->answer, 400, -1100,
			"Illegal characters found in parameter 'symbols'; legal range is "
			"'^\\[(\"[^\"]+\",?)+\\]$'.");
	return 0;
}

int asked_symbols(const struct asked *q, bool **chosen, size_t *count, bool *one)
{
	const char *list = rest_param(q->request, "symbols");
	size_t all = market_symbol_count(q->market), asked = 0;
	const struct market_symbol *s = NULL;
	bool *flags;

	*one = rest_param(q->request, "symbol");
	if (*one && list)
		return rest_error(
			q->answer, 400, -1128, "Combination of optional parameters invalid.");
	if (*one && asked_symbol(q, &s))
		return -1;
	flags = calloc(all + 1, sizeof(*flags));
	if (!flags)
		return rest_error(q->answer, 500, -1000,
			"An unknown error occurred while processing the request.");
	if (list && list_choose(q, list, flags, &asked)) {
		free(flags);
		return -1;
	}
	if (s)
		flags[s - market_symbol_at(q->market, 0)] = true;
	if (!s && !list)
		memset(flags, true, all * sizeof(*flags));
	*count = s ? 1 : list ? asked : all;
	*chosen = flags;
	return 0;
}

int asked_status(const struct asked *q, bool *chosen)
{
	const char *status = rest_param(q->request, "symbolStatus");

	if (!status)
		return 0;
	if (strcmp(status, "TRADING") != 0 && strcmp(status, "HALT") != 0 &&
		strcmp(status, "BREAK") != 0)
		return rest_error(q->answer, 400, -1122, "Invalid symbolStatus.");
	if (rest_param(q->request, "symbol") || rest_param(q->request, "symbols"))
		return rest_error(
			q->answer, 400, -1128, "Combination of optional parameters invalid.");
	for (size_t i = 0; i < market_symbol_count(q->market); i++) {
		const struct market_symbol *s = market_symbol_at(q->market, i);

		chosen[i] &= strcmp(market_status_name(s->status), status) == 0;
	}
	return 0;
}
