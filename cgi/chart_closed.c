#include "chart_closed.h"
#include "chart_etag.h"
#include "clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define GENERATION_DIGITS 19
#define HASH_DIGITS 16

bool chart_closed_is(const struct chart_window *w)
{
	return w->from_us < w->to_us && w->bars_to_us == w->to_us && !w->newest;
}

void chart_closed_revision(
	const struct chart_view *v, const char *text, size_t len, char out[CHART_CLOSED_SIZE])
{
	uint64_t hash = CHART_ETAG_EMPTY;

	/* With the '\0' of each, so that they can't run into one another. */
	hash = chart_etag_hash(hash, v->head.venue, strlen(v->head.venue) + 1);
	hash = chart_etag_hash(hash, v->symbol, strlen(v->symbol) + 1);
	hash = chart_etag_hash(hash, v->iv->name, strlen(v->iv->name) + 1);
	hash = chart_etag_hash(hash, text, len);
	snprintf(out, CHART_CLOSED_SIZE, "%" PRId64 ".%016" PRIx64, v->head.generation, hash);
}

bool chart_closed_is_revision(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	const char *hash = text + digits + 1;

	return digits > 0 && digits <= GENERATION_DIGITS && text[digits] == '.' &&
	       strlen(hash) == HASH_DIGITS && strspn(hash, "0123456789abcdef") == HASH_DIGITS;
}

void chart_closed_add_freshness(struct buf *b, const struct chart_view *v)
{
	buf_add_str(b, ",\"as_of\":");
	chart_head_add_ms(b, v->window.to_us);
	buf_printf(b, ",\"lag_ms\":null,\"state\":\"%s\"",
		chart_state_name(chart_state_of_venue(v->head.venue)));
}
