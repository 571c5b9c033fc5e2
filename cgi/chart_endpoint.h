/*
 * chart_endpoint: what pg_to_chart answers from the database, one function a path. Each runs on a worker's thread with that worker's reader, fills
 * the answer wholly (200, 304 or a problem) and leaves no snapshot open.
 */
#pragma once
#include "chart_reader.h"
#include "request.h"

#define CHART_LIMIT_MAX 1500           /* candles of one answer */
#define CHART_TIME_MAX 7258118400000LL /* ms: 2200-01-01 */
#define CHART_NO_CACHE "Cache-Control: no-cache\r\n"

void chart_initial(struct chart_reader *r, const struct request *rq, struct answer *a);
void chart_periodic(struct chart_reader *r, const struct request *rq, struct answer *a);
void chart_symbols(struct chart_reader *r, const struct request *rq, struct answer *a);
void chart_coverage(struct chart_reader *r, const struct request *rq, struct answer *a);
void chart_status(struct chart_reader *r, const struct request *rq, struct answer *a);
void chart_healthz(struct chart_reader *r, const struct request *rq, struct answer *a);
