/* What given_parse takes, given_format writes such that it is read as the same again. */
#include "given.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

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
	buf_init(&text, 8 * len + 1000);
	given_format(&first, &text);
	if (text.failed || !given_is(text.data, text.len) ||
		given_parse(&second, text.data, text.len, &e) != 0)
		abort();
	if (strcmp(first.symbol, second.symbol) != 0 || strcmp(first.reason, second.reason) != 0 ||
		first.kind.stream != second.kind.stream || first.kind.level != second.kind.level ||
		first.from_us != second.from_us || first.to_us != second.to_us ||
		first.first_id != second.first_id || first.last_id != second.last_id)
		abort();
	buf_done(&text);
	return 0;
}
