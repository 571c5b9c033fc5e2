/*
 * chart_csv: bars as comma-separated values (RFC 4180) with a header line: the columns of "candles", then those of the indicators. What is not
 * known is empty. A bucket that was not collected has no line; one in which nobody traded has, with n 0.
 */
#pragma once
#include "chart_series.h"

#define CHART_CSV_TYPE "text/csv; charset=utf-8; header=present"

void chart_csv_print(struct buf *b, const struct chart_bars *bars, const struct chart_series *s);
