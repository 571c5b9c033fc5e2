/*
 * candle_line: one line of a file of corrections, read and checked by itself.
 *
 * The file is CSV, one candle a line: open_time,open,high,low,close,volume,quote_volume,trades[,taker_volume,taker_quote_volume]. Times are those of
 * the exchange (ms or µs, by magnitude), numbers exact decimals. The first line may name the columns instead, in any order; then
 * there may also be `interval` (1s 1m 1h 1d). Volume, quote volume and trades may be empty, all three: unknown; so may the
 * taker volumes. A line that has a word for the candle's numbers, in the column of the open: `remove` takes the candle away, `withdraw` takes
 * back what was corrected or removed by hand. Empty lines, and those that begin with #, say nothing. Passive; any thread.
 */
#pragma once
#include "candle.h"
#include "err.h"
#include "interval.h"
#include <stddef.h>

enum candle_column {
	COLUMN_TIME,
	COLUMN_OPEN,
	COLUMN_HIGH,
	COLUMN_LOW,
	COLUMN_CLOSE,
	COLUMN_VOLUME,
	COLUMN_QUOTE,
	COLUMN_TRADES,
	COLUMN_TAKER_VOLUME,
	COLUMN_TAKER_QUOTE,
	COLUMN_INTERVAL,
	COLUMN_COUNT
};

struct candle_columns {
	int at[COLUMN_COUNT]; /* which of a line's fields; -1: none */
	int count;            /* fields of a line at most */
};

enum candle_order { ORDER_CORRECT, ORDER_REMOVE, ORDER_WITHDRAW };

struct candle_line {
	enum candle_order order;
	enum ladder level;
	struct candle candle; /* of other orders only open_us; origin: correction */
	bool has_taker;       /* false: taker_* are unknown */
};

/* Columns as they are without a first line that names them. */
void candle_columns_init(struct candle_columns *c);
/* Whether a first line names columns: no candle begins with a letter. */
bool candle_columns_named(const char *line);
/* -1: `e` names the column that is unknown, missing or named twice; `out` untouched. */
must_check int candle_columns_read(
	struct candle_columns *out, const char *line, size_t len, struct err *e);
/* `level`: the interval where no column tells it. -1: `e` says what is wrong; `out` untouched. */
must_check int candle_line_read(const struct candle_columns *c, enum ladder level, const char *line,
	size_t len, struct candle_line *out, struct err *e);
/* A stored level by its name; -1: it is none. */
int candle_level_find(const char *name, size_t len);
const char *candle_level_name(enum ladder level);
