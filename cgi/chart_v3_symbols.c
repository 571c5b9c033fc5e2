#include "chart_v3_symbols.h"
#include "pg_array.h"
#include "problem.h"
#include <string.h>

#define NAMES_BYTES_MAX 300000
#define STATUS 1 /* column */

void chart_v3_choice_done(struct chart_v3_choice *c)
{
	buf_done(&c->names);
}

static void add_names(struct chart_v3_choice *c, const char *names)
{
	buf_init(&c->names, NAMES_BYTES_MAX);
	pg_array_begin(&c->names);
	for (int64_t i = 0; i < c->count; i++, names += strlen(names) + 1)
		pg_array_text(&c->names, names);
	pg_array_end(&c->names);
}

static bool is_status(const char *text)
{
	return strcmp(text, "TRADING") == 0 || strcmp(text, "HALT") == 0 ||
	       strcmp(text, "BREAK") == 0;
}

int chart_v3_choose(const struct param_value *symbol, const struct param_value *symbols,
	const struct param_value *status, struct chart_v3_choice *out, struct answer *a)
{
	struct chart_v3_choice c = {.one = symbol->given};

	if (symbol->given && symbols->given) {
		problem_answer(a, PROBLEM_BAD_COMBINATION,
			"Parameters 'symbol' and 'symbols' exclude each other.");
		return -1;
	}
	if (status != NULL && status->given && !is_status(status->text)) {
		problem_answer(a, PROBLEM_BAD_STATUS,
			"Parameter 'symbolStatus': one of TRADING, HALT, BREAK.");
		return -1;
	}
	c.status = status != NULL && status->given ? status->text : NULL;
	c.count = symbol->given ? 1 : symbols->given ? symbols->number : 0;
	if (c.count > 0)
		add_names(&c, symbol->given ? symbol->text : symbols->text);
	if (c.names.failed) {
		problem_answer(a, PROBLEM_INTERNAL, "No memory for the names.");
		chart_v3_choice_done(&c);
		return -1;
	}
	*out = c;
	return 0;
}

const char *chart_v3_names(const struct chart_v3_choice *c)
{
	return c->count > 0 ? c->names.data : NULL;
}

int chart_v3_check(const struct chart_v3_choice *c, const PGresult *rows, struct answer *a)
{
	if (c->count > PQntuples(rows)) {
		problem_answer(a, PROBLEM_BAD_SYMBOL,
			"Parameter '%s': not each of them is collected.",
			c->one ? "symbol" : "symbols");
		return -1;
	}
	if (c->one && !chart_v3_shows(c, rows, 0)) {
		problem_answer(a, PROBLEM_OTHER_STATUS, "Parameter 'symbolStatus': it has %s.",
			PQgetvalue(rows, 0, STATUS));
		return -1;
	}
	return 0;
}

bool chart_v3_shows(const struct chart_v3_choice *c, const PGresult *rows, int row)
{
	return c->status == NULL || strcmp(PQgetvalue(rows, row, STATUS), c->status) == 0;
}
