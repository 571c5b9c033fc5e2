/* What fill_parse takes, fill_format writes such that it is read as the same again. */
#include "fill.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_same(const struct fill *a, const struct fill *b)
{
	if (strcmp(a->symbol, b->symbol) != 0 || a->stream != b->stream ||
		a->from_us != b->from_us || a->to_us != b->to_us ||
		strcmp(a->cause, b->cause) != 0 || a->state != b->state ||
		strcmp(a->reason, b->reason) != 0 || a->rows != b->rows ||
		a->first_id != b->first_id || a->last_id != b->last_id ||
		a->rows_from_us != b->rows_from_us || a->rows_to_us != b->rows_to_us)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fill first, second;
	struct err e = {""};
	struct buf text;

	if (fill_parse(&first, (const char *)data, len, &e) != 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	if (first.to_us < first.from_us || first.rows < 0 || first.rows_from_us > first.from_us ||
		first.rows_to_us < first.to_us || !first.symbol[0])
		abort();
	buf_init(&text, 1 << 16);
	fill_format(&first, &text);
	if (text.failed || fill_parse(&second, text.data, text.len, &e) != 0)
		abort();
	check_same(&first, &second);
	buf_done(&text);
	return 0;
}
