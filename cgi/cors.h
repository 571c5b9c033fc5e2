/*
 * cors: which other sites' pages may read our answers (Fetch standard, CORS protocol). Off unless origins are given; only GET and HEAD are opened,
 * never with credentials. Read-only after cors_new: any thread.
 */
#pragma once
#include "err.h"
#include "request.h"
#include "settings.h"
#include <stdbool.h>

struct cors;

/* From the setting web.cors: "*", or origins as "https://page.example" with the port where that is not the scheme's own. *out is NULL when there are
 * none. 0, or -1: `e` says which is no origin. */
must_check int cors_new(const struct settings *s, struct cors **out, struct err *e);
void cors_free(struct cors *c);
/* The header lines of every answer to a request of that origin ("" if it names none); lent by `c`. NULL: none; `c` may be NULL. */
const char *cors_lines(const struct cors *c, const char *origin);
/* Answers an OPTIONS, which browsers send before a request with headers of its own. false: it is none, or CORS is off. */
bool cors_preflight(const struct cors *c, const struct request *rq, struct answer *a);
