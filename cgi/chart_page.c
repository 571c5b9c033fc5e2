#include "chart_page.h"
#include "chart_cover.h"
#include "chart_endpoint.h"
#include "clock.h"
#include "problem.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define BUCKETS_MIN 64

struct reading {
	struct chart_view *view;
	const struct chart_page_asked *asked;
	struct chart_times times; /* the newest bucket is the one that is being settled */
	struct chart_page *page;
	struct chart_range seen; /* what windows were read of */
	int64_t until_us;        /* monotonic */
	int windows;
};

void chart_page_done(struct chart_page *p)
{
	free(p->memory);
	*p = (struct chart_page){0};
}

static int refuse(struct chart_view *v, enum problem problem, const char *why)
{
	problem_answer(chart_reader_answer(v->reader), problem, "%s", why);
	chart_reader_end(v->reader);
	return -1;
}

static bool is_shown(const struct chart_bar *bar)
{
	return bar->kind == BAR_STORED || bar->kind == BAR_FLAT;
}

static bool is_full(const struct reading *r)
{
	return (int64_t)r->page->count >= r->asked->limit;
}

/* How many buckets to read next: behind a gap not too few, as a gap may be one of many. */
static int64_t next_buckets(const struct reading *r)
{
	int64_t missing = r->asked->limit - (int64_t)r->page->count;

	return r->windows > 0 && missing < BUCKETS_MIN ? BUCKETS_MIN : missing;
}

/* Rows stand at the end of the memory while it is filled from there. */
static void take(struct reading *r, const struct chart_bar *bar)
{
	struct chart_page *p = r->page;
	int64_t open_us = bar->candle.open_us;

	if (!is_shown(bar) || is_full(r) || open_us < r->asked->starts.from_us ||
		open_us >= r->asked->starts.to_us)
		return;
	if (r->asked->forward)
		p->rows[p->count] = *bar;
	else
		*--p->rows = *bar;
	p->count++;
}

static void count_row(struct chart_page *p, const struct chart_bar *bar, bool open)
{
	p->incomplete += !open && !bar->complete;
	p->unknown += !bar->candle.has_volume;
}

/* Reads the window that the view is set to, and what it holds in the page's direction. */
static int take_window(struct reading *r)
{
	struct chart_view *v = r->view;
	const struct chart_window *w = &v->window;
	bool has_open = w->newest && w->to_us > w->bars_to_us;
	size_t count;
	struct chart_bar open = {0};

	if (clock_mono_us() > r->until_us)
		return refuse(v, PROBLEM_TIMEOUT,
			"Too much time without data would have to be searched.");
	if (chart_view_load(v) != 0 || (has_open && chart_view_open_bar(v, &open) != 0))
		return -1;
	if (r->windows++ == 0)
		r->seen = (struct chart_range){w->from_us, w->to_us};
	r->seen.from_us = w->from_us < r->seen.from_us ? w->from_us : r->seen.from_us;
	r->seen.to_us = w->to_us > r->seen.to_us ? w->to_us : r->seen.to_us;
	count = v->bars.count;
	if (has_open && !r->asked->forward)
		take(r, &open);
	for (size_t i = 0; i < count; i++)
		take(r, &v->bars.v[r->asked->forward ? i : count - 1 - i]);
	if (has_open && r->asked->forward)
		take(r, &open);
	return 0;
}

/* Nothing is read of what opens before the range. */
static void limit_window(struct reading *r)
{
	struct chart_window *w = &r->view->window;
	int64_t first_us = interval_floor(r->view->iv, r->asked->starts.from_us);

	if (w->from_us < first_us)
		w->from_us = first_us;
	if (w->bars_to_us < w->from_us)
		w->bars_to_us = w->from_us;
}

/* From the end of the range back. */
static int read_back(struct reading *r)
{
	struct chart_view *v = r->view;
	int64_t end_us = r->asked->starts.to_us, last_us;

	while (!is_full(r)) {
		size_t before = r->page->count;

		v->window = chart_window_last(v->iv, &r->times, next_buckets(r), end_us);
		if (v->window.from_us == v->window.to_us ||
			v->window.to_us <= r->asked->starts.from_us)
			return 0;
		limit_window(r);
		if (take_window(r) != 0)
			return -1;
		end_us = v->window.from_us;
		if (end_us <= r->asked->starts.from_us)
			return 0;
		/* The bar that is open hides nothing: only settled ones that are missing are a reason to look further. */
		if (r->page->count > before || v->bars.count == 0)
			continue;
		if (chart_view_skip_before(v, end_us, &last_us) != 0)
			return -1;
		if (last_us < 0)
			return 0;
		end_us = last_us < end_us ? last_us : end_us;
	}
	return 0;
}

/* The bucket behind which nothing is settled yet. */
static int64_t newest_of(const struct reading *r)
{
	return interval_floor(r->view->iv, r->times.as_of_us);
}

/* From the beginning of the range on. */
static int read_on(struct reading *r)
{
	struct chart_view *v = r->view;
	struct chart_range starts = r->asked->starts;

	while (!is_full(r)) {
		size_t before = r->page->count;
		int64_t next_us;

		v->window = chart_window_from(v->iv, &r->times, starts, next_buckets(r));
		if (v->window.from_us == v->window.to_us)
			return 0;
		if (take_window(r) != 0)
			return -1;
		starts.from_us = v->window.to_us;
		if (r->page->count > before || v->window.newest)
			continue;
		if (chart_view_skip_on(v, starts.from_us, &next_us) != 0)
			return -1;
		next_us = next_us < 0 ? newest_of(r) : interval_floor(v->iv, next_us);
		if (next_us > starts.from_us)
			starts.from_us = next_us;
	}
	return 0;
}

/* The gaps of all that the page is about: from its first row, or from where it was asked for, to the end of what was read. */
static int count_gaps(struct reading *r)
{
	struct chart_view *v = r->view;
	struct chart_page *p = r->page;
	int64_t newest_us = newest_of(r);

	if (r->windows > 1) {
		v->window.from_us = r->seen.from_us;
		v->window.to_us = r->seen.to_us;
		v->window.newest = r->seen.to_us > newest_us;
		if (chart_view_gaps(v) != 0)
			return -1;
	}
	for (size_t i = 0; i < v->gaps.count; i++)
		p->gaps += chart_gap_is_open(&v->gaps.v[i]);
	return 0;
}

static void count_rows(struct reading *r)
{
	struct chart_page *p = r->page;
	int64_t newest_us = newest_of(r);

	for (size_t i = 0; i < p->count; i++)
		count_row(p, &p->rows[i], p->rows[i].candle.open_us >= newest_us);
}

int chart_page_read(
	struct chart_view *v, const struct chart_page_asked *asked, struct chart_page *out)
{
	struct reading r = {.view = v,
		.asked = asked,
		.times = v->head.times,
		.page = out,
		.until_us = clock_mono_us() + CHART_PAGE_US};

	if (v->head.times.settled_us < 0)
		return 0;
	r.times.as_of_us = clock_floor(v->head.times.settled_us, SECOND_US);
	out->memory = malloc((size_t)asked->limit * sizeof(*out->memory));
	if (!out->memory)
		return refuse(v, PROBLEM_INTERNAL, "No memory for the answer.");
	out->rows = out->memory + (asked->forward ? 0 : asked->limit);
	if ((asked->forward ? read_on(&r) : read_back(&r)) != 0)
		return -1;
	count_rows(&r);
	return r.windows > 0 ? count_gaps(&r) : 0;
}

int chart_page_before(struct chart_view *v, int64_t t_us, int64_t *open_us)
{
	struct chart_page_asked asked = {.starts = {0, t_us}, .limit = 1};
	struct chart_page page = {0};
	int rc = chart_page_read(v, &asked, &page);

	if (rc == 0)
		*open_us = page.count > 0 ? page.rows[0].candle.open_us : -1;
	chart_page_done(&page);
	return rc;
}

void chart_page_headers(const struct chart_page *p, const struct chart_view *v, struct answer *a)
{
	snprintf(a->headers, sizeof(a->headers),
		CHART_NO_CACHE "X-Pricegraph-State: %s\r\nX-Pricegraph-As-Of: %" PRId64
			       "\r\nX-Pricegraph-Gaps: %zu\r\nX-Pricegraph-Incomplete: %zu\r\n"
			       "X-Pricegraph-Unknown: %zu\r\n",
		chart_state_name(v->head.fresh.state), (int64_t)(v->head.times.as_of_us / MS_US),
		p->gaps, p->incomplete, p->unknown);
}
