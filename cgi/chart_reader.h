/*
 * chart_reader: one worker's connection to PostgreSQL, as a reader of snapshots.
 *
 * Everything between chart_reader_begin and chart_reader_end sees one REPEATABLE READ READ ONLY snapshot. What fails is answered: the
 * functions fill the problem into the answer, log it, and give the snapshot up. A lost connection is made anew once at the next begin; while PostgreSQL
 * is away requests are refused at once (503) and it is tried again after a jittered delay of at most half a second. A database that does not answer
 * is given up at the limit, or when somebody says that it is away. One owning thread.
 */
#pragma once
#include "chart_basis.h"
#include "err.h"
#include "pg.h"
#include "request.h"
#include <stdbool.h>
#include <stdint.h>

struct chart_reader;

#define CHART_PARAMS_MAX 10
struct chart_params { /* the parameters of one statement, in order; texts are lent */
	const char *v[CHART_PARAMS_MAX];
	char text[CHART_PARAMS_MAX][24];
	int count;
};
void chart_params_text(struct chart_params *p, const char *text);
void chart_params_int(struct chart_params *p, int64_t value);
void chart_params_bool(struct chart_params *p, bool value);

struct chart_reader_options { /* all lent */
	const char *conninfo, *venue;
	int64_t limit_us;        /* an answer has this long with the database; then it is refused */
	const atomic_bool *away; /* set by who knows that the database is away; NULL: nobody */
};
/* NULL: no memory. */
struct chart_reader *chart_reader_new(const struct chart_reader_options *o);
void chart_reader_free(struct chart_reader *r);
const char *chart_reader_venue(const struct chart_reader *r);
/* The snapshot itself is taken by the first statement. 0, or -1 with `a` filled as the problem. `a` is lent until chart_reader_end. */
must_check int chart_reader_begin(struct chart_reader *r, struct answer *a);
/* As pg_query, within the snapshot. On 0 *result is the caller's. -1: the answer is filled, the snapshot is over. */
must_check int chart_reader_query(struct chart_reader *r, const char *name, const char *sql,
	const struct chart_params *p, PGresult **result);
/* Notes that the statement will be asked for in this snapshot: the first query of one that is noted sends all of them at once, so that the database is
 * waited for once. Lent: name, sql, and the texts of `p` until then. by_value: as if chart_reader_plan_by_value stood before it. Notes beyond
 * CHART_EXPECTED_MAX are forgotten, and what was noted and is not asked for is harmless. */
#define CHART_EXPECTED_MAX 8
struct chart_statement {
	const char *name, *sql;
	bool by_value;
};
void chart_reader_expect(
	struct chart_reader *r, const struct chart_statement *s, const struct chart_params *p);
/* From here to the end of the snapshot every statement gets a plan of its own, for its values: what partitioned tables need, so that the
 * values choose partition and key; other statements keep their plans, making which costs more than running them. 0, or -1 as above. */
must_check int chart_reader_plan_by_value(struct chart_reader *r);
/* What is noted of the answer since chart_reader_begin; also behind its end, until the next begin. */
struct chart_basis *chart_reader_basis(struct chart_reader *r);
/* Nothing is noted: for a request that may not come to a snapshot. */
void chart_reader_forget_basis(struct chart_reader *r);
/* The answer of the open snapshot; NULL when there is none. */
struct answer *chart_reader_answer(const struct chart_reader *r);
/* Ends the snapshot; harmless when it is over. */
void chart_reader_end(struct chart_reader *r);
