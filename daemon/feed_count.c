#include "feed_count.h"
#include "log.h"
#include "metrics.h"

#define SHOWN_BYTES 80 /* of a frame in the log */

METRIC_COUNTER(received, "pricegraph_feed_frames_total",
	"Frames read from the exchange and dealt with: the events, answers, unknown, bad and "
	"unwanted ones; of "
	"an array its elements.");
METRIC_COUNTER(events, "pricegraph_feed_events_total", "Events handed to Kafka.");
METRIC_COUNTER(answers, "pricegraph_feed_answers_total",
	"Answers to requests, errors and notices of the exchange.");
METRIC_COUNTER(unknown, "pricegraph_feed_unknown_total",
	"Frames of streams or events that are not collected; not stored.");
METRIC_COUNTER(bad, "pricegraph_feed_bad_total",
	"Frames that are no JSON, binary, too long, or lack what an event needs; not stored.");

METRIC_COUNTER(unwanted, "pricegraph_feed_unwanted_total",
	"Elements of arrays whose symbol is not collected; not stored.");
METRIC_COUNTER(arrays, "pricegraph_feed_arrays_total", "Arrays of events dealt with.");

static void count(struct metric *kind)
{
	metric_add(kind, 1);
	metric_add(&received, 1);
}

static int shown(size_t len)
{
	return (int)(len < SHOWN_BYTES ? len : SHOWN_BYTES);
}

void feed_count_event(void)
{
	count(&events);
}

void feed_count_answer(void)
{
	count(&answers);
}

void feed_count_unknown(const char *bytes, size_t len)
{
	count(&unknown);
	log_debug("feed_unknown_frame", "bytes=%zu frame=\"%.*s\"", len, shown(len), bytes);
}

void feed_count_unwanted(void)
{
	count(&unwanted);
}

void feed_count_array(void)
{
	metric_add(&arrays, 1);
}

void feed_count_bad(const char *reason, const char *bytes, size_t len)
{
	count(&bad);
	log_warn("feed_bad_frame", "reason=\"%s\" bytes=%zu frame=\"%.*s\"", reason, len,
		shown(len), bytes);
}

struct feed_counts feed_count_get(void)
{
	return (struct feed_counts){.received = metric_get(&received),
		.events = metric_get(&events),
		.answers = metric_get(&answers),
		.unknown = metric_get(&unknown),
		.bad = metric_get(&bad),
		.unwanted = metric_get(&unwanted),
		.arrays = metric_get(&arrays)};
}
