/* What param_parse takes keeps to its table, and its texts end within the query; what it refuses is a problem with status 400. */
#include "cgi/param.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SYMBOL, LIMIT, COUNTBACK, FORMAT, INTERVAL, START, ZONE, NAMES };

static const struct param table[] = {
	[SYMBOL] = {"symbol", PARAM_TEXT, true, 1, 10, NULL, NULL, "help"},
	[LIMIT] = {"limit", PARAM_INT, false, -3, 1500, NULL, "500", "help"},
	[COUNTBACK] = {"countback", PARAM_INT_OR_EMPTY, false, 1, 10, NULL, NULL, "help"},
	[FORMAT] = {"format", PARAM_ENUM, false, 0, 0, "json|csv", "json", "help"},
	[INTERVAL] = {"interval", PARAM_INTERVAL, false, 0, 0, NULL, "1m", "help"},
	[START] = {"startTime", PARAM_TIME, false, 0, 7258118400000, NULL, NULL, "help"},
	[ZONE] = {"timeZone", PARAM_ZONE, false, 0, 0, NULL, "0", "help"},
	[NAMES] = {"symbols", PARAM_NAMES, false, 1, 5, NULL, NULL, "help"},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

static void check_names(const struct param_value *v)
{
	const char *name = v->text;

	if (v->number < 1 || v->number > 5)
		abort();
	for (int64_t i = 0; i < v->number; i++) {
		if (*name == '\0')
			abort();
		name += strlen(name) + 1;
	}
	if ((size_t)(name - v->text) != v->len)
		abort();
}

static void check(const struct param_value *v, size_t len)
{
	if (!v[SYMBOL].given || v[SYMBOL].len < 1 || v[SYMBOL].len > 10 || v[LIMIT].number < -3 ||
		v[LIMIT].number > 1500 || v[START].number < 0 ||
		v[START].number / 1000 > 7258118400000 || llabs(v[ZONE].number) > 50400000000)
		abort();
	if (v[COUNTBACK].given && (v[COUNTBACK].number < 1 || v[COUNTBACK].number > 10))
		abort();
	if (v[NAMES].given)
		check_names(&v[NAMES]);
	for (int i = 0; i <= NAMES; i++)
		if (v[i].given && v[i].len > len)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *query = malloc(len + 1);
	struct answer a = {.status = 200};
	struct param_values values;

	memcpy(query, data, len);
	query[len] = '\0';
	buf_init(&a.body, 1 << 20);
	a.udf = len % 2;
	if (param_parse(table, query, &values, &a) == 0) {
		check(values.v, len);
		param_values_done(&values);
	} else if (a.status != 400 || a.body.failed || !strstr(a.body.data, "\"code\":-1")) {
		abort();
	}
	buf_done(&a.body);
	free(query);
	return 0;
}
