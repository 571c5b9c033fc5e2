/*
 * chart_udf: what the endpoints share that answer TradingView's UDF datafeed protocol (its Charting Library's documentation, "UDF").
 *
 * Times are seconds, UTC. Prices and volumes are JSON numbers there; they are written from the exact decimals, so a float is first made by whoever
 * reads them. Errors are problems with "s":"error" and "errmsg" in the same body (problem.h).
 */
#pragma once
#include "chart_endpoint.h"
#include "interval.h"

#define CHART_UDF_RESOLUTIONS                                                                      \
	"[\"1S\",\"1\",\"3\",\"5\",\"15\",\"30\",\"60\",\"120\",\"240\",\"360\",\"480\",\"720\","  \
	"\"1D\",\"3D\",\"1W\",\"1M\"]"

/* "1S", "1" ... "720", "D" or "1D", ...; NULL: none that there is. */
const struct interval *chart_udf_resolution(const char *text);
/* The symbol of "venue:SYMBOL", or of "SYMBOL"; NULL: of another venue. */
const char *chart_udf_symbol(const char *text, const char *venue);
