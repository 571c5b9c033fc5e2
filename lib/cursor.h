/*
 * cursor: a place in the live topics: venue, epoch, and per partition the next offset of every live
 * stream topic. It survives restarts of every process, because it is made of Kafka
 * offsets.
 *
 * Text form, safe in a URL without escaping and opaque to clients:
 *   c1:<venue>:<epoch>[:<partition>(.<stream>.<offset>)...]...
 *   e.g. c1:replay-btc:3:5.miniTicker.120.trade.77
 * Passive value, any thread.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "stream.h"
#include "topic.h"
#include <stdbool.h>
#include <stdint.h>

#define VENUE_SIZE 100
#define CURSOR_NONE (-1) /* topic absent in the cursor: its low watermark */

struct cursor {
	char venue[VENUE_SIZE];
	int64_t epoch;
	struct cursor_part {
		bool present;
		int64_t next[STREAM_COUNT]; /* CURSOR_NONE or >= 0 */
	} parts[TOPIC_PARTITIONS];
};

void cursor_init(struct cursor *c, const char *venue, int64_t epoch);
void cursor_format(const struct cursor *c, struct buf *out);
/* Streams that this program does not know are skipped. -1: cannot be decoded (a 400). */
must_check int cursor_parse(struct cursor *out, const char *text, size_t len, struct err *e);
