/*
 * chart_v3: what the endpoints share that answer as Binance's REST does (Binance's documentation).
 *
 * Where Binance states a number that nobody told us, there stands what it states of an idle market ("0.00000000", 0, ids -1): null, or no member at
 * all, is what its clients do not expect. Which these are stands with each endpoint. Numbers have 8 places, as the exchange cuts them.
 */
#pragma once
#include "chart_endpoint.h"
#include "chart_head.h"
#include "decimal.h"
#include <stdbool.h>

/* Whether the answer's times are microseconds (header X-MBX-TIME-UNIT). */
bool chart_v3_micro(const struct request *rq);
/* The venue's clock; the host's where no feed was heard yet. */
int64_t chart_v3_now(const struct chart_head *h);
/* Header lines: no caching, state, as_of, and how many of the things in the answer lack a part. */
void chart_v3_headers(struct answer *a, const struct chart_head *h, size_t incomplete);
/* ms, rounded down, or us. */
void chart_v3_add_time(struct buf *b, int64_t us, bool micro);
/* "number" of at least and at most 8 places. */
void chart_v3_add_number(struct buf *b, const struct decimal *d);
/* A PostgreSQL numeric as text, the same way; NULL is "0.00000000". */
void chart_v3_add_text(struct buf *b, const char *numeric);
