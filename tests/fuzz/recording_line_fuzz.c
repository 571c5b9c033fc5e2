/* Whatever a line holds, its slices lie within it (a made name within the line's struct). */
#include "daemon/event_micro.h"
#include "daemon/recording_line.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_inside(struct slice s, const char *begin, size_t len)
{
	if (s.data && (s.data < begin || s.data + s.len > begin + len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1); /* apart, so that reading past its end is seen */
	struct recording_line l;
	struct buf micro;

	if (!text)
		return 0;
	memcpy(text, data, len);
	if (recording_line_parse(&l, text, len)) {
		check_inside(l.frame, text, len);
		check_inside(l.data, text, len);
		check_inside(l.event, text, len);
		check_inside(l.symbol, text, len);
		if (l.name.data != l.made_name)
			check_inside(l.name, text, len);
		else if (l.name.len > sizeof(l.made_name))
			abort();
		buf_init(&micro, 4 * len + 100);
		if (l.data.data)
			event_micro_add(&micro, l.data);
		if (micro.failed || micro.len < l.data.len)
			abort();
		buf_done(&micro);
	}
	free(text);
	return 0;
}
