/*
 * chart_cover: what of a symbol's time was heard, and what is missing: pure computations.
 *
 * Each stream's sessions joined, its holes (gaps not repaired) taken out, and of the rest the whole seconds: the second is the
 * base of all candles. `full`: heard by a stream whose seconds are whole, or repaired, or given: nothing is missing there. `heard`: by any
 * stream that says something of candles, or given; the others' holes concern none.
 */
#pragma once
#include "chart_ranges.h"
#include "stream.h"
#include <stdbool.h>
#include <stdint.h>

struct chart_gap { /* texts are lent: constants or of the query's result */
	const char *stream;
	int64_t from_us, to_us;
	const char *cause, *state, *reason; /* reason "" = none */
	int64_t revision;
};

struct chart_gaps {
	struct chart_gap *v;
	size_t count, room;
	bool failed; /* no memory */
};

void chart_gaps_done(struct chart_gaps *g);
void chart_gaps_add(struct chart_gaps *g, const struct chart_gap *gap);

struct chart_cover {
	struct chart_ranges streams[STREAM_COUNT]; /* put in: when each stream was heard */
	struct chart_gaps gaps; /* put in: all that are stored, repaired ones too */
	struct chart_ranges
		given; /* put in: what was given at a level that the bars asked for are made of */
	int64_t given_revision;          /* put in: the newest of these */
	struct chart_ranges full, heard; /* computed */
};

/* A zeroed cover is empty. */
void chart_cover_done(struct chart_cover *c);
/* Computes `full` and `heard` from what was put in. -1: no memory. */
int chart_cover_compute(struct chart_cover *c);
bool chart_gap_is_open(const struct chart_gap *g); /* not repaired */

/* What is missing, in order of time: the stored gaps in `within`, but where that time is full after all, those of several streams joined when
 * cause and state are the same; and in `unheard` what nobody heard and no gap is stored of (cause stopped: it was not subscribed
 * then). Appends to `out`; its `failed` tells of no memory. */
void chart_cover_gaps(const struct chart_cover *c, struct chart_range within,
	struct chart_range unheard, struct chart_gaps *out);
