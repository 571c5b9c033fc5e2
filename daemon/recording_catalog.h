/*
 * recording_catalog: what a recording holds, learned by reading it once: symbols, streams, and
 * which of its files are sources of trades (those are derived into trade, kline_1s and miniTicker;
 * the others' frames go out as they are).
 *
 * Passive once made; any thread.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "event.h"
#include "recording_line.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDING_VENUE_SIZE 100

struct recording_catalog {
	bool *derived; /* per file of the recording */
	size_t files;
	bool any_derived, any_frames;
	int64_t first_us; /* market time of the first line that has one; -1: none has */
	int64_t lines, bad_lines;
	struct catalog_name { /* in the order of appearance */
		char name[SYMBOL_SIZE];
		bool traded;      /* of symbols: derived from trades */
		bool collectable; /* it is or has a stream of the collector's table */
	} * symbols, *streams;    /* streams: the parts behind '@' as they will be sent */
	size_t symbol_count, stream_count;
};

must_check int recording_catalog_read(
	struct recording_catalog *out, const char *path, struct err *e);
void recording_catalog_done(struct recording_catalog *c);
/* The market time of a line: of a derived file the event's E, else its receive time; -1: the
 * line has none. */
int64_t recording_catalog_time(bool derived, const struct recording_line *line);
/* "replay-" and the base name, lower case, every run of other bytes than [a-z0-9] as '-'. */
void recording_venue(char out[RECORDING_VENUE_SIZE], const char *path);
/* Lines key=value for scripts: venue, mode (derived | frames | mixed), symbols, streams, other
 * (streams that the collector does not know), lines, start (ms). Lists are separated by commas. */
void recording_catalog_print(const struct recording_catalog *c, const char *path, struct buf *out);
