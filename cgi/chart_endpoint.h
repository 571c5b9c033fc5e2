/*
 * chart_endpoint: the paths that pg_to_chart answers, one row each: what may be asked, and the function that answers.
 *
 * The row says everything that a client has to know: parameters, refusals and the description of the interface are made from it. `answer` runs on
 * a worker's thread with that worker's reader, after the parameters were found good; it fills the answer wholly (200, 304 or a problem)
 * and leaves no snapshot open.
 */
#pragma once
#include "chart_reader.h"
#include "chart_watch.h"
#include "param.h"
#include "request.h"

#define CHART_LIMIT_MAX 1500           /* candles of one answer */
#define CHART_TIME_MAX 7258118400000LL /* ms: 2200-01-01 */
#define CHART_NO_CACHE "Cache-Control: no-cache\r\n"

struct chart_call { /* all lent */
	const struct request *rq;
	const struct param_value *p; /* index = row of the endpoint's parameters */
	struct chart_watch *watch;   /* of the venue */
};

enum chart_keep {
	CHART_KEEP_NOT, /* made for each request */
	/* An answer is kept and given to whoever asks the same, as long as nothing was committed: it must depend on nothing but the parameters and
	 * the database, name what it tells of by chart_head_read or chart_head_read_venue, and print its freshness by chart_head_add_freshness. */
	CHART_KEEP,
	CHART_KEEP_SECOND, /* the same, but made at most once a second, whatever is committed */
};

struct chart_endpoint {
	const char *path;
	const char *summary;
	const struct param *params;
	void (*answer)(struct chart_reader *r, const struct chart_call *c, struct answer *a);
	/* Of a 200. Any endpoint may also answer 400, 406, 429, 500 and 503. */
	const char *types;  /* "application/json|text/csv", the default first; NULL: JSON only */
	const char *schema; /* of its JSON: the name of a file in cgi/schema; NULL: any JSON */
	bool tagged;        /* it has an ETag; to If-None-Match the answer may be 304 */
	bool health;        /* a 503 may have the body of a 200 */
	enum chart_keep keep;
};

extern const struct param chart_no_params[];
extern const struct chart_endpoint chart_initial, chart_periodic, chart_symbols, chart_coverage,
	chart_status, chart_healthz, chart_metrics, chart_openapi;
extern const struct chart_endpoint chart_v3_ping, chart_v3_time, chart_v3_klines,
	chart_v3_ui_klines, chart_v3_day, chart_v3_price, chart_v3_average, chart_v3_exchange_info;
extern const struct chart_endpoint chart_udf_config, chart_udf_symbols, chart_udf_search,
	chart_udf_history, chart_udf_time;
extern const struct chart_endpoint *const chart_endpoints[]; /* all of them; NULL ends it */
