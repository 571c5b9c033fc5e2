/* What given_parse takes, given_format writes such that it is read as the same again. */
#include "given.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_same(const struct given *a, const struct given *b)
{
	if (strcmp(a->symbol, b->symbol) != 0 || a->kind.stream != b->kind.stream ||
		a->kind.level != b->kind.level || a->from_us != b->from_us ||
		a->to_us != b->to_us || a->first_id != b->first_id || a->last_id != b->last_id ||
		strcmp(a->reason, b->reason) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct given first, second;
	struct err e = {""};
	struct buf text;

	if (given_parse(&first, (const char *)data, len, &e) != 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	if (first.to_us < first.from_us || !first.symbol[0] || !given_kind_name(first.kind)[0])
		abort();
	buf_init(&text, 1 << 16);
	given_format(&first, &text);
	if (text.failed || !given_is(text.data, text.len) ||
		given_parse(&second, text.data, text.len, &e) != 0)
		abort();
	check_same(&first, &second);
	buf_done(&text);
	return 0;
}
