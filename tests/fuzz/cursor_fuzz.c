/* What cursor_parse takes, cursor_format writes such that it is read as the same again. */
#include "cursor.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_same(const struct cursor *a, const struct cursor *b)
{
	if (strcmp(a->venue, b->venue) != 0 || a->epoch != b->epoch)
		abort();
	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		if (a->parts[i].present != b->parts[i].present)
			abort();
		for (int k = 0; a->parts[i].present && k < STREAM_COUNT; k++)
			if (a->parts[i].next[k] != b->parts[i].next[k] ||
				a->parts[i].next[k] < CURSOR_NONE)
				abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cursor first, second;
	struct err e = {""};
	struct buf text;
	char *copy = malloc(len ? len : 1); /* ends where the text ends, for the sanitizer */

	memcpy(copy, data, len);
	int rc = cursor_parse(&first, copy, len, &e);
	free(copy);
	if (rc != 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	buf_init(&text, 1 << 16);
	cursor_format(&first, &text);
	if (text.failed || cursor_parse(&second, text.data, text.len, &e) != 0)
		abort();
	check_same(&first, &second);
	buf_done(&text);
	return 0;
}
