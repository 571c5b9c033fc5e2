/* Whatever a record of the meta topic holds (its key up to the first line end, its value behind it): read, refused with a reason, or another's. */
#include "cgi/meta_record.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct meta_parser *parser;
	const uint8_t *end = memchr(data, '\n', len);
	size_t key_len = end ? (size_t)(end - data) : len, value_len = end ? len - key_len - 1 : 0;
	char *key = malloc(key_len + 1),
	     *value = malloc(value_len + 1); /* apart, for the sanitizer */
	struct kafka_record r = {.key_len = key_len, .value_len = value_len};
	struct meta_record m = {.kind = META_OTHER, .epoch = 77}, before = m;
	struct err e = {""};

	if (!parser && !(parser = meta_parser_new()))
		abort();
	memcpy(key, data, key_len);
	memcpy(value, end ? end + 1 : data, value_len);
	r.key = key;
	r.value = end ? value : NULL; /* a tombstone */
	if (meta_parse(parser, &r, &m, &e) != 0) {
		if (!e.text[0] || m.kind != before.kind || m.epoch != before.epoch)
			abort();
	} else if (m.kind == META_REVISION) {
		if (!m.symbol[0] || strnlen(m.symbol, sizeof(m.symbol)) == sizeof(m.symbol) ||
			m.generation < 0 || m.revision < 0)
			abort();
	}
	free(key);
	free(value);
	return 0;
}
