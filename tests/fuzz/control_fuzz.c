/* What control_parse takes, control_format writes such that it is read as the same again. */
#include "control.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_same(const struct control *a, const struct control *b)
{
	if (a->kind != b->kind || strcmp(a->session, b->session) != 0 ||
		strcmp(a->collector, b->collector) != 0 || strcmp(a->cause, b->cause) != 0 ||
		a->seq != b->seq || a->t_us != b->t_us || a->clock_us != b->clock_us ||
		a->partition != b->partition || a->has_symbols != b->has_symbols ||
		a->symbol_count != b->symbol_count)
		abort();
	for (size_t i = 0; i < a->symbol_count; i++)
		if (strcmp(a->symbols[i], b->symbols[i]) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct control first, second;
	struct err e = {""};
	struct buf text;

	if (control_parse(&first, (const char *)data, len, &e) != 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	buf_init(&text, 8 * len + 1000);
	control_format(&first, &text);
	if (text.failed || control_parse(&second, text.data, text.len, &e) != 0)
		abort();
	check_same(&first, &second);
	control_done(&first);
	control_done(&second);
	buf_done(&text);
	return 0;
}
