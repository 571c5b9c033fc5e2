#include "feed_whole.h"
#include "feed_count.h"
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

void feed_whole_done(struct feed_whole *w)
{
	free(w->symbols);
	*w = (struct feed_whole){.wants = NULL};
}

static bool has(const struct feed_whole *w, const char *symbol)
{
	return bsearch(symbol, w->symbols, w->count, sizeof(*w->symbols), by_name);
}

/* Unsorted, into room that is there. */
static void append(struct feed_whole *w, const char *symbol)
{
	memcpy(w->symbols[w->count++], symbol, strlen(symbol) + 1);
}

/* Heard without being on the list: it stays as long as it is chosen, unless there is a list. */
static void keep_heard(struct feed_whole *next, const struct feed_whole *old)
{
	for (size_t i = 0; !next->wants->checked && i < old->count; i++)
		if (feed_choice_wants(next->wants->choice, old->symbols[i]) &&
			!has(next, old->symbols[i]))
			append(next, old->symbols[i]);
}

int feed_whole_set(struct feed_whole *w, const struct feed_wants *wants)
{
	bool whole = wants->choice->whole;
	struct feed_whole next = {.wants = wants,
		.room = wants->symbol_count + w->count + 1,
		.changes = w->changes + 1};

	next.symbols = malloc(next.room * sizeof(*next.symbols));
	if (!next.symbols)
		return -1;
	for (size_t i = 0; whole && i < wants->symbol_count; i++)
		append(&next, wants->symbols[i]);
	qsort(next.symbols, next.count, sizeof(*next.symbols), by_name);
	if (whole) {
		size_t listed = next.count;
		keep_heard(&next, w);
		if (next.count > listed)
			qsort(next.symbols, next.count, sizeof(*next.symbols), by_name);
	}
	free(w->symbols);
	*w = next;
	return 0;
}

/* False: no memory, or too many. */
static bool insert(struct feed_whole *w, const char *symbol)
{
	size_t at = 0, end = w->count;

	if (w->count == FEED_WHOLE_MAX)
		return false;
	if (w->count == w->room) {
		void *more = realloc(w->symbols, 2 * (w->room + 1) * sizeof(*w->symbols));
		if (!more)
			return false;
		w->symbols = more;
		w->room = 2 * (w->room + 1);
	}
	while (at < end) {
		size_t middle = at + (end - at) / 2;
		if (strcmp(w->symbols[middle], symbol) < 0)
			at = middle + 1;
		else
			end = middle;
	}
	memmove(w->symbols + at + 1, w->symbols + at, (w->count - at) * sizeof(*w->symbols));
	memcpy(w->symbols[at], symbol, strlen(symbol) + 1);
	w->count++;
	w->changes++;
	return true;
}

bool feed_whole_takes(struct feed_whole *w, const char *symbol)
{
	if (!w->wants || !w->wants->choice->whole)
		return false;
	return has(w, symbol) || (feed_choice_wants(w->wants->choice, symbol) && insert(w, symbol));
}

/* False: the queue is full. */
static bool take_element(struct feed_whole *w, struct feed_array *a, const struct json_value *v,
	struct feed_output *output, int64_t received_us)
{
	struct feed_frame f;

	feed_frame_read(&f, v->at, v->len);
	if (f.kind == FEED_BAD) {
		feed_count_bad(f.reason, v->at, v->len);
	} else if (f.kind != FEED_EVENT || f.stream != STREAM_MINI_TICKER) {
		feed_count_unknown(v->at, v->len);
	} else if (!feed_whole_takes(w, f.symbol)) {
		feed_count_unwanted();
	} else {
		enum kafka_sent sent = feed_output_event(output, &f, received_us);
		if (sent == KAFKA_FULL || sent == KAFKA_DEAD)
			return false;
		if (sent == KAFKA_REFUSED) {
			feed_count_bad("refused by Kafka's client", v->at, v->len);
		} else {
			feed_count_event();
			if (f.event_us > a->latest_us)
				a->latest_us = f.event_us;
		}
	}
	return true;
}

bool feed_whole_array(struct feed_whole *w, struct feed_array *a, const struct feed_frame *f,
	struct feed_output *output, int64_t received_us)
{
	struct json_value rest = f->data, element;

	rest.at += a->done;
	rest.len -= a->done;
	while (json_scan_element(&rest, &element)) {
		if (!take_element(w, a, &element, output, received_us))
			return false;
		a->done = f->data.len - rest.len;
	}
	feed_count_array();
	return true;
}
