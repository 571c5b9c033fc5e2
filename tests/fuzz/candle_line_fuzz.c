/* Whatever a line of a file of corrections holds: read or refused, and what is read is a candle in order. The first line may name columns. */
#include "daemon/candle_line.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(const struct candle_line *l)
{
	const struct candle *c = &l->candle;

	if (c->open_us % ladder_width_us[l->level] != 0)
		abort();
	if (l->order != ORDER_CORRECT)
		return;
	if (decimal_cmp(&c->high, &c->open) < 0 || decimal_cmp(&c->high, &c->close) < 0 ||
		decimal_cmp(&c->low, &c->open) > 0 || decimal_cmp(&c->low, &c->close) > 0 ||
		c->low.units <= 0 || (c->has_volume && (c->volume.units < 0 || c->trades < 0)) ||
		(l->has_taker && !c->has_volume))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t first = end ? (size_t)(end - data) : len, rest = end ? len - first - 1 : 0;
	char *text = malloc(first + 1),
	     *more = malloc(rest + 1); /* apart, so that reading past an end is seen */
	struct candle_columns columns;
	struct candle_line l;
	struct err e;

	if (text && more) {
		memcpy(text, data, first);
		memcpy(more, end ? end + 1 : data, rest);
		candle_columns_init(&columns);
		if (end && candle_columns_read(&columns, text, first, &e) != 0)
			candle_columns_init(&columns);
		if (candle_line_read(&columns, LADDER_1S, more, rest, &l, &e) == 0)
			check(&l);
		if (candle_line_read(&columns, LADDER_1M, text, first, &l, &e) == 0)
			check(&l);
	}
	free(text);
	free(more);
	return 0;
}
