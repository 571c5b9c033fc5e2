/*
 * poll_param: what may be asked of api/v1/live. pricegraph-live answers it, pricegraph-chart describes it; this is all that they share of it.
 */
#pragma once
#include "param.h"

#define POLL_PATH "/api/v1/live"
#define POLL_METRICS_PATH "/metrics/live" /* without parameters */
#define POLL_SYMBOLS_MAX 100
#define POLL_WAIT_DEFAULT_S 25
#define POLL_WAIT_MAX_S 60

enum { POLL_SYMBOLS, POLL_CURSOR, POLL_WAIT }; /* rows of the table */
extern const struct param poll_params[], poll_no_params[];
