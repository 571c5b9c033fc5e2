/*
 * chart_closed: windows that nothing is added to any more, and the revision of what they hold.
 *
 * All buckets of a closed window are settled. Its content may still be corrected or repaired, so its revision is <generation>.<hash of the content>:
 * the same revision is the same content, whatever it was that changed it. An address with that revision may be kept for ever.
 */
#pragma once
#include "chart_view.h"

#define CHART_CLOSED_SIZE 40
#define CHART_CLOSED_PATTERN "^[0-9]{1,19}[.][0-9a-f]{16}$"
#define CHART_CLOSED_FOR_EVER "Cache-Control: public, max-age=31536000, immutable\r\n"

bool chart_closed_is(const struct chart_window *w);
/* `text`: all of the answer that is not the same for every window of the symbol and interval. */
void chart_closed_revision(
	const struct chart_view *v, const char *text, size_t len, char out[CHART_CLOSED_SIZE]);
/* Whether a text has the form of a revision. */
bool chart_closed_is_revision(const char *text);
/* Appends ,"as_of":...,"lag_ms":null,"state":... of the content, which are the same at any time. */
void chart_closed_add_freshness(struct buf *b, const struct chart_view *v);
