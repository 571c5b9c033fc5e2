#include "chart_cover.h"
#include "clock.h"
#include <stdlib.h>
#include <string.h>

void chart_gaps_done(struct chart_gaps *g)
{
	free(g->v);
	*g = (struct chart_gaps){0};
}

void chart_gaps_add(struct chart_gaps *g, const struct chart_gap *gap)
{
	if (g->failed)
		return;
	if (g->count == g->room) {
		size_t room = g->room ? 2 * g->room : 16;
		struct chart_gap *v = realloc(g->v, room * sizeof(*v));

		if (!v) {
			g->failed = true;
			return;
		}
		g->v = v;
		g->room = room;
	}
	g->v[g->count++] = *gap;
}

void chart_cover_done(struct chart_cover *c)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		chart_ranges_done(&c->streams[k]);
	chart_gaps_done(&c->gaps);
	chart_ranges_done(&c->given);
	c->given_revision = 0;
	chart_ranges_done(&c->full);
	chart_ranges_done(&c->heard);
}

bool chart_gap_is_open(const struct chart_gap *g)
{
	return strcmp(g->state, "repaired") != 0;
}

/* The whole seconds that the gap touches. */
static struct chart_range seconds_of(int64_t from_us, int64_t to_us)
{
	return (struct chart_range){
		clock_floor(from_us, SECOND_US), clock_floor(to_us + SECOND_US - 1, SECOND_US)};
}

/* Whole seconds that the stream was heard in without a hole. */
static void whole_seconds(const struct chart_cover *c, int k, struct chart_ranges *out)
{
	chart_ranges_add_all(out, &c->streams[k]);
	chart_ranges_order(out);
	for (size_t i = 0; i < c->gaps.count; i++) {
		const struct chart_gap *g = &c->gaps.v[i];

		if (chart_gap_is_open(g) && strcmp(g->stream, stream_table[k].name) == 0)
			chart_ranges_cut(out, g->from_us, g->to_us);
	}
	chart_ranges_shrink(out, SECOND_US);
}

/* Where the stream's seconds count; NULL: it says nothing of candles. */
static struct chart_ranges *covered_by(struct chart_cover *c, int k)
{
	if (stream_table[k].whole)
		return &c->full;
	return stream_table[k].says == SAYS_NOTHING ? NULL : &c->heard;
}

/* What is not kept any more was covered once. */
static void cut_unkept(struct chart_cover *c)
{
	for (size_t i = 0; i < c->gaps.count; i++) {
		const struct chart_gap *g = &c->gaps.v[i];

		if (strcmp(g->cause, "retention") != 0)
			continue;
		chart_ranges_cut(&c->full, g->from_us, g->to_us);
		chart_ranges_cut(&c->heard, g->from_us, g->to_us);
	}
}

int chart_cover_compute(struct chart_cover *c)
{
	for (size_t i = 0; i < c->gaps.count; i++) {
		const struct chart_gap *g = &c->gaps.v[i];
		struct chart_range s = seconds_of(g->from_us, g->to_us);

		if (!chart_gap_is_open(g))
			chart_ranges_add(&c->full, s.from_us, s.to_us);
	}
	chart_ranges_order(&c->given);
	chart_ranges_shrink(&c->given, SECOND_US);
	chart_ranges_add_all(&c->full, &c->given);
	for (int k = 0; k < STREAM_COUNT; k++) {
		struct chart_ranges seconds = {0}, *covered = covered_by(c, k);

		if (!covered)
			continue;
		whole_seconds(c, k, &seconds);
		chart_ranges_add_all(covered, &seconds);
		chart_ranges_done(&seconds);
	}
	chart_ranges_order(&c->full);
	chart_ranges_add_all(&c->heard, &c->full);
	chart_ranges_order(&c->heard);
	cut_unkept(c);
	return c->full.failed || c->heard.failed || c->gaps.failed ? -1 : 0;
}

static int by_start(const void *a, const void *b)
{
	const struct chart_gap *x = a, *y = b;

	return (x->from_us > y->from_us) - (x->from_us < y->from_us);
}

static bool same_kind(const struct chart_gap *a, const struct chart_gap *b)
{
	return strcmp(a->cause, b->cause) == 0 && strcmp(a->state, b->state) == 0;
}

/* Joins gaps of one kind that overlap or touch. O(n * m) for m gaps that are open at once: a few streams. */
static void join(struct chart_gaps *g, size_t begin)
{
	size_t n = begin;

	if (g->count == begin)
		return;
	qsort(g->v + begin, g->count - begin, sizeof(*g->v), by_start);
	for (size_t i = begin; i < g->count; i++) {
		struct chart_gap gap = g->v[i];
		size_t k = n;

		while (k > begin && !same_kind(&g->v[k - 1], &gap))
			k--;
		if (k > begin && g->v[k - 1].to_us >= gap.from_us) {
			if (gap.to_us > g->v[k - 1].to_us)
				g->v[k - 1].to_us = gap.to_us;
		} else {
			g->v[n++] = gap;
		}
	}
	g->count = n;
}

static void add_pieces(
	const struct chart_gap *kind, const struct chart_ranges *pieces, struct chart_gaps *out)
{
	struct chart_gap gap = *kind;

	for (size_t i = 0; i < pieces->count; i++) {
		gap.from_us = pieces->v[i].from_us;
		gap.to_us = pieces->v[i].to_us;
		chart_gaps_add(out, &gap);
	}
	out->failed |= pieces->failed;
}

/* The part of a gap in `within` that is not full after all. */
static void add_open_gap(const struct chart_cover *c, const struct chart_gap *g,
	struct chart_range within, struct chart_gaps *out)
{
	struct chart_ranges pieces = {0};

	chart_ranges_add(&pieces, g->from_us > within.from_us ? g->from_us : within.from_us,
		g->to_us < within.to_us ? g->to_us : within.to_us);
	chart_ranges_cut_all(&pieces, &c->full);
	add_pieces(g, &pieces, out);
	chart_ranges_done(&pieces);
}

static bool concerns_candles(const struct chart_gap *g)
{
	const struct stream *s = stream_find(g->stream);

	return !s || s->says != SAYS_NOTHING;
}

void chart_cover_gaps(const struct chart_cover *c, struct chart_range within,
	struct chart_range unheard, struct chart_gaps *out)
{
	static const struct chart_gap unstored = {
		.stream = "", .cause = "stopped", .state = "open", .reason = ""};
	struct chart_ranges rest = {0};
	size_t begin = out->count;

	chart_ranges_add(&rest, unheard.from_us, unheard.to_us);
	chart_ranges_cut_all(&rest, &c->heard);
	for (size_t i = 0; i < c->gaps.count; i++) {
		const struct chart_gap *g = &c->gaps.v[i];
		struct chart_range s = seconds_of(g->from_us, g->to_us);

		if (!chart_gap_is_open(g) || !concerns_candles(g))
			continue;
		chart_ranges_cut(&rest, s.from_us, s.to_us);
		add_open_gap(c, g, within, out);
	}
	add_pieces(&unstored, &rest, out);
	chart_ranges_done(&rest);
	join(out, begin);
}
