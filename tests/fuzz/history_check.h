/* history_check: what holds of every row of the past that was taken: its columns lie within what was read, and the event made of it is one
 * that the sink takes, with the same time and id. Included by one .c file a program. */
#pragma once
#include "daemon/history_row.h"
#include "event.h"
#include <stdlib.h>
#include <string.h>

static size_t history_columns(enum stream_kind stream)
{
	return stream == STREAM_KLINE_1S ? 11 : stream == STREAM_AGG_TRADE ? 7 : 6;
}

static bool history_is_same_kind(struct given_kind a, struct given_kind b)
{
	return a.stream == b.stream && a.level == b.level;
}

static void history_check(const struct history_row *row, const char *begin, size_t len)
{
	static struct event_parser *parser;
	struct event ev;
	struct err e;
	struct buf text;

	if (!parser && !(parser = event_parser_new(NULL)))
		abort();
	for (size_t i = 0; begin && i < history_columns(row->kind.stream); i++)
		if (row->columns[i].at < begin ||
			row->columns[i].at + row->columns[i].len > begin + len)
			abort();
	buf_init(&text, 1 << 16);
	history_row_format(row, "BTCUSDT", &text);
	const struct event_text t = {row->kind.stream, text.data, text.len};
	if (text.failed || event_parse_history(parser, &t, row->time_us, &ev, &e) != 0)
		abort();
	if (row->kind.stream == STREAM_KLINE_1S && ev.kline.level != row->kind.level)
		abort();
	if (event_time_us(&ev) != row->time_us || (row->id >= 0 && event_order(&ev) != row->id))
		abort();
	buf_done(&text);
}
