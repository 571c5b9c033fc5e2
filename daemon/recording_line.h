/*
 * recording_line: one line of a recording: when it was received, and the frame exactly as received.
 *
 * Two formats: `<integer> <frame>`, the integer in ns, us or ms told by its size, and cryptofeed's
 * `<seconds>[.<fraction>]: <frame>`. Passive, any thread.
 */
#pragma once
#include "json_slice.h"
#include <stdbool.h>

struct recording_line {
	int64_t received_us;
	struct slice frame;  /* the whole frame */
	struct slice name;   /* the wrapper's stream name, or made of an unwrapped event's e and s; absent if it has none */
	struct slice data;   /* the event object: the wrapper's data, or the frame itself; absent if the frame is no object */
	struct slice event;  /* member e of the event; absent if it has none */
	struct slice symbol; /* member s of the event */
	int64_t event_us;    /* member E of the event; -1 if it has none */
	bool wrapped;	     /* the frame has the combined wrapper */
	char made_name[128]; /* where `name` points to if it was made */
};

/* False: the line does not begin with a time; `out` is undefined then. Slices live as long as `text` and `out`. */
bool recording_line_parse(struct recording_line *out, const char *text, size_t len);
