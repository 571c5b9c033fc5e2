#include "correct_inverse.h"
#include "pg_queries.h"
#include <inttypes.h>
#include <stdio.h>

int correct_inverse_print(
	struct pg *pg, const char *venue, const char *symbol, int64_t run, struct err *e)
{
	char number[24];
	const char *params[] = {venue, symbol, number};
	PGresult *r = NULL;
	int again = 0, rc = 0;

	snprintf(number, sizeof(number), "%" PRId64, run);
	if (pg_query(pg, "correct_inverse", sql_correct_inverse, 3, params, &r, e) != PG_OK)
		return -1;
	if (PQntuples(r) == 0)
		rc = err_set(e, "run %" PRId64 " changed nothing of %s", run, symbol);
	else
		printf("interval,open_time,open,high,low,close,volume,quote_volume,trades,"
		       "taker_volume,taker_quote_volume\n# undoes run %" PRId64 " of %s\n",
			run, symbol);
	for (int row = 0; row < PQntuples(r); row++) {
		printf("%s\n", PQgetvalue(r, row, 0));
		again += *PQgetvalue(r, row, 1) == 't';
	}
	if (again)
		fprintf(stderr, "%d of them were changed again since: this undoes that too\n",
			again);
	PQclear(r);
	return rc;
}
