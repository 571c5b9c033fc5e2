/*
 * change_write: changes of a symbol's past by hand → PostgreSQL, in transactions so short that the sink hardly waits, each difference shown.
 *
 * One transaction a chunk: the partition's row is locked, the candles are changed and audited, the bars above them folded, the revision raised
 * (seconds_change, migration 12). What is so already changes nothing, so a run that was interrupted is simply run again. Dry: the same
 * transaction, rolled back. main's thread of pricegraphctl; blocks on PostgreSQL.
 */
#pragma once
#include "candle.h"
#include "interval.h"
#include "pg.h"

#define CHANGE_CHUNK 400 /* seconds: some 30 ms */
#define CHANGE_COLUMNS 16
#define CHANGE_TEXT_SIZE 300

struct candle_change {
	struct candle
		candle; /* origin correction: as it shall be for good; below: as it is known without corrections */
	bool has_taker; /* false: taker_* are unknown */
	bool removed;   /* there is none; only open_us and origin count */
};

struct change_write {
	struct pg *pg;                           /* lent */
	const char *venue, *symbol, *what, *why; /* lent; what: correct, delete, rebuild */
	enum ladder level;                       /* of the changes; set by _level */
	bool dry;
	char who[128];
	int64_t run; /* 0: nothing was written yet */
	struct buf columns[CHANGE_COLUMNS];
	size_t count;                  /* changes in them */
	int64_t changed[LADDER_COUNT]; /* candles that were */
	struct change_bar { /* the last bar of a level above that changed: further chunks may change it again */
		bool any;
		int64_t open_us;
		int chunks;
		char old[CHANGE_TEXT_SIZE], now[CHANGE_TEXT_SIZE];
	} bars[LADDER_COUNT];
};

/* Adds changes of distinct candles, within the open transaction if it has to read. Called again from the start if the
 * transaction has to be run again. */
typedef enum pg_failure change_fill(void *arg, struct change_write *w, struct err *e);

/* Who: the user and the host. */
void change_write_init(
	struct change_write *w, struct pg *pg, const char *venue, const char *symbol);
void change_write_done(struct change_write *w);
/* The changes that follow are of this level (at first: seconds). */
void change_write_level(struct change_write *w, enum ladder level);
void change_write_add(struct change_write *w, const struct candle_change *c);
/* Locks the symbol's partition until the end of the transaction, before a fill reads what it decides by. */
must_check enum pg_failure change_write_lock(struct change_write *w, struct err *e);
/* One transaction with what `fill` adds; shows on stdout what changed. Tried again for a while if the database is away or busy. */
must_check int change_write_chunk(
	struct change_write *w, change_fill *fill, void *arg, struct err *e);
/* Makes the partitions of candles that hold this time. */
must_check int change_write_ensure(struct change_write *w, int64_t time_us, struct err *e);
/* Shows the last bars above and a line of sums. */
void change_write_end(struct change_write *w);
/* "2024-08-08T23:59:59Z" */
#define CHANGE_TIME_SIZE 32
void change_time_format(int64_t us, char out[CHANGE_TIME_SIZE]);
