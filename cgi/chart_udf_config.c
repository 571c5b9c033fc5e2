/* udf/config, time. */
#include "chart_head.h"
#include "chart_udf.h"
#include "chart_v3.h"
#include "clock.h"
#include <stdio.h>

static void answer_config(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	const char *venue = chart_reader_venue(r);

	(void)c;
	buf_printf(&a->body,
		"{\"supports_search\":true,\"supports_group_request\":false,\"supports_marks\":"
		"false,"
		"\"supports_timescale_marks\":false,\"supports_time\":true,\"supported_"
		"resolutions\":%s,"
		"\"exchanges\":[{\"value\":\"\",\"name\":\"All\",\"desc\":\"\"},{\"value\":\"%s\","
		"\"name\":"
		"\"%s\",\"desc\":\"%s\"}],\"symbols_types\":[{\"name\":\"All\",\"value\":\"\"},{"
		"\"name\":"
		"\"Crypto\",\"value\":\"crypto\"}]}\n",
		CHART_UDF_RESOLUTIONS, venue, venue, venue);
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
}

const struct chart_endpoint chart_udf_config = {
	.path = "/udf/config",
	.summary = "What this datafeed supports, for TradingView.",
	.params = chart_no_params,
	.answer = answer_config,
	.schema = "UdfConfig",
};

/* A bare integer. */
static void answer_time(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct chart_head h;

	(void)c;
	if (chart_reader_begin(r, a) != 0 || chart_head_read_venue(r, &h) != 0)
		return;
	chart_reader_end(r);
	buf_add_int(&a->body, clock_floor(chart_v3_now(&h), SECOND_US) / SECOND_US);
	a->content_type = "text/plain; charset=utf-8";
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
}

const struct chart_endpoint chart_udf_time = {
	.path = "/udf/time",
	.summary = "The venue's clock in seconds, a bare integer.",
	.params = chart_no_params,
	.answer = answer_time,
	.types = "text/plain",
};
