/*
 * recording_line: one line of a recording: when it was received, and the frame exactly as
 * received.
 *
 * Two formats: `<integer> <frame>`, the integer in ns, us or ms told by its size, and cryptofeed's
 * `<seconds>[.<fraction>]: <frame>`. Passive, any thread.
 */
#pragma once
#include "json_slice.h"
#include <stdbool.h>

struct recording_line {
	int64_t received_us;
	struct slice frame;
	/* The wrapper's stream name, or made of an unwrapped event's e and s; else absent. */
	struct slice name;
	/* The event object: the wrapper's data or the frame itself; absent: no object. */
	struct slice data;
	struct slice event, symbol; /* its members e and s; absent if it has none */
	int64_t event_us;           /* its member E; -1 if it has none */
	bool wrapped;               /* the frame has the combined wrapper */
	char made_name[128];        /* where `name` points to if it was made */
};

/* False: the line does not begin with a time; `out` is undefined then. Slices live as long as
 * `text` and `out`. */
bool recording_line_parse(struct recording_line *out, const char *text, size_t len);
