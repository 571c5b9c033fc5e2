/*
 * chart_page: as many bars as were asked for, whatever is missing between them: what a client that knows no gaps takes for all there is.
 *
 * The exchange's own clients page by the number of rows, and end where fewer come than they asked for. So a page that meets a gap reads on behind
 * it, window by window, until it is full or nothing is left. All of its bars but the last are settled; the last may be the one that is still open,
 * with what is known of it. Reading that takes longer than CHART_PAGE_US is answered as a time-out, never as a shorter page.
 */
#pragma once
#include "chart_view.h"

#define CHART_PAGE_US 2000000

struct chart_page_asked {
	struct chart_range starts; /* the bars' open times, [from, to) */
	int64_t limit;             /* bars, 1 or more */
	bool forward;              /* the first ones of the range; else the last ones */
};

struct chart_page {
	struct chart_bar *rows; /* oldest first; each is shown */
	size_t count;
	size_t gaps;       /* that are not repaired, in the time that the page is about */
	size_t incomplete; /* rows, but the open one, of which a part was not heard */
	size_t unknown;    /* rows whose volumes nobody stated: 0 in them */
	struct chart_bar *memory;
};

void chart_page_done(struct chart_page *p);
/* After chart_view_head, with a zeroed page. 0, or -1 and the answer is filled. */
must_check int chart_page_read(
	struct chart_view *v, const struct chart_page_asked *asked, struct chart_page *out);
/* Where there are bars before the time: the open time of the last; -1: there are none. */
must_check int chart_page_before(struct chart_view *v, int64_t t_us, int64_t *open_us);
/* Header lines: no caching, state, as_of, and how many gaps, incomplete rows and unknown volumes there are. */
void chart_page_headers(const struct chart_page *p, const struct chart_view *v, struct answer *a);
