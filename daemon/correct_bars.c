#include "correct_bars.h"
#include "candle_line.h"
#include "pg_array.h"
#include "pg_queries.h"
#include <string.h>

#define STARTS_BYTES_MAX (1 << 16)

static enum pg_failure ask(const struct correct_bars *b, const int64_t *starts, size_t count,
	const char *const name_sql[2], PGresult **r, struct err *e)
{
	struct buf times;
	const char *params[4] = {b->venue, b->symbol, candle_level_name(b->level)};
	enum pg_failure f = PG_BUG;

	buf_init(&times, STARTS_BYTES_MAX);
	pg_array_begin(&times);
	for (size_t i = 0; i < count; i++)
		pg_array_int(&times, starts[i]);
	pg_array_end(&times);
	params[3] = times.data;
	if (times.failed)
		err_set(e, "no memory for %zu bars", count);
	else
		f = pg_query(b->pg, name_sql[0], name_sql[1], 4, params, r, e);
	buf_done(&times);
	return f;
}

int correct_bars_over(
	const struct correct_bars *b, const int64_t *starts, size_t count, bool *out, struct err *e)
{
	static const char *const query[2] = {"correct_over", sql_correct_over};
	PGresult *r = NULL;
	enum pg_failure f = ask(b, starts, count, query, &r, e);

	if (f == PG_OK) {
		memset(out, 0, count * sizeof(*out));
		for (int row = 0; row < PQntuples(r); row++)
			out[pg_int(r, row, 0) - 1] = true;
	}
	PQclear(r);
	return f == PG_OK ? 0 : -1;
}

enum pg_failure correct_bars_alone(const struct correct_bars *b, const int64_t *starts,
	size_t *count, int64_t *out, struct err *e)
{
	static const char *const query[2] = {"correct_alone", sql_correct_alone};
	PGresult *r = NULL;
	enum pg_failure f = ask(b, starts, *count, query, &r, e);

	if (f == PG_OK) {
		*count = (size_t)PQntuples(r);
		for (int row = 0; row < PQntuples(r); row++)
			out[row] = pg_int(r, row, 0);
	}
	PQclear(r);
	return f;
}
