/* What event_parse takes keeps the promises of event.h, whatever the bytes. */
#include "clock.h"
#include "event.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct event *ev)
{
	size_t symbol_len = strnlen(ev->symbol, sizeof(ev->symbol));
	int64_t second_us = event_second_us(ev);

	if (symbol_len == 0 || symbol_len == sizeof(ev->symbol) ||
		ev->event_us < 1498867200 * SECOND_US || second_us % SECOND_US != 0 ||
		second_us < 1498867200 * SECOND_US)
		abort();
	if (ev->kind == STREAM_KLINE_1S && (ev->kline.trades == 0) != (ev->kline.first_id == -1))
		abort();
	if (ev->kind == STREAM_TRADE && (ev->trade.id < 0 || ev->trade.price.units < 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct event_parser *parser;

	if (!parser && !(parser = event_parser_new(NULL)))
		abort();
	for (int kind = 0; kind < STREAM_COUNT; kind++) {
		struct event ev, before;
		struct err e = {""};
		memset(&ev, 0x5a, sizeof(ev));
		before = ev;
		if (event_parse(parser, (enum stream_kind)kind, (const char *)data, len, &ev, &e) ==
			0)
			check(&ev);
		else if (!e.text[0] || memcmp(&ev, &before, sizeof(ev)) != 0)
			abort();
	}
	return 0;
}
