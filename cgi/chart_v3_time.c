/* api/v3/ping, time. */
#include "chart_head.h"
#include "chart_v3.h"
#include "clock.h"
#include <stdio.h>

static void answer_ping(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	(void)r;
	(void)c;
	buf_add_str(&a->body, "{}");
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
}

const struct chart_endpoint chart_v3_ping = {
	.path = "/api/v3/ping",
	.summary = "Whether the program answers.",
	.params = chart_no_params,
	.answer = answer_ping,
	.schema = "V3Ping",
};

/* The venue's clock, which for a recording is not the host's. */
static void answer_time(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct chart_head h;

	if (chart_reader_begin(r, a) != 0 || chart_head_read_venue(r, &h) != 0)
		return;
	chart_reader_end(r);
	buf_add_str(&a->body, "{\"serverTime\":");
	chart_v3_add_time(&a->body, chart_v3_now(&h), chart_v3_micro(c->rq));
	buf_add_char(&a->body, '}');
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
}

const struct chart_endpoint chart_v3_time = {
	.path = "/api/v3/time",
	.summary = "The venue's clock.",
	.params = chart_no_params,
	.answer = answer_time,
	.schema = "V3Time",
};
