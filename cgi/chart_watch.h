/*
 * chart_watch: of every symbol of the venue the last price, the one 24 hours ago, and the closes of the hours between: what a list of prices
 * shows. Kept from one answer to the next: what changes by the minute is read once a minute, or when the generation changes; else only the newest seconds
 * are read. So the last price is of the snapshot, and a correction of the past is told at the latest with the next minute.
 *
 * About a kilobyte for a symbol. Any thread; a lock guards it all, also while the database is asked.
 */
#pragma once
#include "chart_head.h"
#include "chart_reader.h"

#define CHART_WATCH_POINTS 24 /* of a spark line: 23 hours that are over, and the one that is not */

enum chart_watch_field { WATCH_LAST = 1, WATCH_CHANGE = 2, WATCH_SPARK = 4 };

struct chart_watch;
/* NULL: no memory. */
struct chart_watch *chart_watch_new(void);
void chart_watch_free(struct chart_watch *w);

/* Within a snapshot whose head was read: brings it up to as_of and locks it until chart_watch_unlock. 0; -1: answered, not locked. */
must_check int chart_watch_lock(
	struct chart_watch *w, struct chart_reader *r, const struct chart_head *h);
void chart_watch_unlock(struct chart_watch *w);
/* Appends the members of the fields, each behind a comma; null where a price is not known. */
void chart_watch_add(
	const struct chart_watch *w, const char *symbol, unsigned fields, struct buf *b);
/* Start of the first hour of the spark lines (µs). */
int64_t chart_watch_spark_us(const struct chart_watch *w);
