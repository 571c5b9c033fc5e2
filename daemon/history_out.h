/*
 * history_out: the producer of the `.history` topics: rows of the past and the records that tell of a repair or of what was given, in the symbol's partition, in the
 * order in which they are handed over.
 *
 * Sending never blocks. After a fatal error of the producer everything unacknowledged is lost: the owner revives it and begins its work anew
 * (everything in these topics may come twice). One owning thread.
 */
#pragma once
#include "err.h"
#include "fill.h"
#include "given.h"
#include "history_row.h"
#include "kafka_producer.h"
#include "settings.h"
#include <stdbool.h>
#include <stdint.h>

struct history_out;
/* `source`: the records' header, "rest" or "import". `s` and `source` are lent for its life. */
struct history_out *history_out_new(const struct settings *s, const char *source, struct err *e);
/* What is not acknowledged is dropped. NULL is fine. */
void history_out_free(struct history_out *o);
/* A row, and the venue's time when it was stated (of klines: their version). KAFKA_FULL: again after history_out_poll. */
must_check enum kafka_sent history_out_row(struct history_out *o, const char *symbol,
	const struct history_row *row, int64_t stated_us);
must_check enum kafka_sent history_out_fill(struct history_out *o, const struct fill *f);
must_check enum kafka_sent history_out_given(struct history_out *o, const struct given *g);
/* Serves acknowledgements, waits at most `timeout_ms` for one. */
void history_out_poll(struct history_out *o, int timeout_ms);
/* How many records were handed over, and how many Kafka has, since the start. */
int64_t history_out_sent(const struct history_out *o);
int64_t history_out_acknowledged(const struct history_out *o);
/* After KAFKA_DEAD: a new producer; nothing is unacknowledged any more. */
must_check int history_out_revive(struct history_out *o, struct err *e);
/* A record was lost for good. */
bool history_out_dead(const struct history_out *o);
const char *history_out_reason(const struct history_out *o);
