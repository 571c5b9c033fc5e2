/*
 * chart_cached: an answer from an entry of the cache: what time alone changes is printed anew, and who has it already is told so (304).
 */
#pragma once
#include "chart_cache.h"
#include "fcgi_server.h"
#include "request.h"

/* The pieces are lent by the entry and by `out` itself. `stale`: the database could not be asked: the answer says that it is stale, and is not to
 * be kept by anybody. */
void chart_cached_lay_out(
	const struct chart_entry *e, const struct request *rq, bool stale, struct fcgi_ready *out);
/* Whether an entry can be told as stale: it has the text that says so. */
bool chart_cached_can_be_stale(const struct chart_entry *e);
/* The same as an answer with a body of its own; `a` comes empty. */
void chart_cached_answer(
	const struct chart_entry *e, const struct request *rq, bool stale, struct answer *a);
