#include "chart_v3.h"
#include "clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

bool chart_v3_micro(const struct request *rq)
{
	return rq->time_unit != NULL && strcasecmp(rq->time_unit, "MICROSECOND") == 0;
}

int64_t chart_v3_now(const struct chart_head *h)
{
	return h->fresh.venue_now_us >= 0 ? h->fresh.venue_now_us : clock_wall_us();
}

void chart_v3_headers(struct answer *a, const struct chart_head *h, size_t incomplete)
{
	snprintf(a->headers, sizeof(a->headers),
		CHART_NO_CACHE "X-Pricegraph-State: %s\r\nX-Pricegraph-As-Of: %" PRId64
			       "\r\nX-Pricegraph-Incomplete: %zu\r\n",
		chart_state_name(h->fresh.state), (int64_t)(h->times.as_of_us / MS_US), incomplete);
}

void chart_v3_add_time(struct buf *b, int64_t us, bool micro)
{
	buf_add_int(b, micro ? us : clock_floor(us, MS_US) / MS_US);
}

/* `text`: digits with or without a point. */
static void add_places(struct buf *b, const char *text)
{
	static const char zeros[] = "00000000";
	size_t whole = strcspn(text, "."), places = text[whole] ? strlen(text + whole + 1) : 0;

	buf_add_char(b, '"');
	buf_add(b, text, whole);
	buf_add_char(b, '.');
	if (places > DECIMAL_PLACES)
		places = DECIMAL_PLACES;
	buf_add(b, text + whole + 1, places);
	buf_add(b, zeros, DECIMAL_PLACES - places);
	buf_add_char(b, '"');
}

void chart_v3_add_number(struct buf *b, const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_format(d, text);
	add_places(b, text);
}

void chart_v3_add_text(struct buf *b, const char *numeric)
{
	add_places(b, numeric ? numeric : "0");
}
