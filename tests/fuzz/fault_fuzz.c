/* What anybody posts as faults is refused with a reason or is a list of faults that can be printed and read again. */
#include "daemon/fault_read.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1); /* apart, so that reading past its end is seen */
	struct fault_list l = {0}, again = {0};
	struct err e = {""};
	uint64_t seed = 1;
	struct buf printed;

	if (!text)
		return 0;
	memcpy(text, data, len);
	if (fault_read(&l, text, len, &seed, &e)) {
		if (l.count > 0 || !e.text[0])
			abort();
	}
	buf_init(&printed, 1 << 20);
	for (size_t i = 0; i < l.count && i < 10; i++) {
		buf_reset(&printed);
		fault_print(&l.items[i], &printed);
		if (printed.failed || fault_read(&again, printed.data, printed.len, &seed, &e) ||
			again.items[again.count - 1].kind != l.items[i].kind)
			abort();
	}
	buf_done(&printed);
	free(l.items);
	free(again.items);
	free(text);
	return 0;
}
