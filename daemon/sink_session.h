/*
 * sink_session: control records → spans, subscriptions, gaps, and how far each symbol is settled.
 *
 * A session that begins where an older one was current leaves a gap between the old one's last T and its own `from`. Sink thread.
 */
#pragma once
#include "kafka_consumer.h"
#include "sink_batch.h"
#include "sink_state.h"

/* Takes one control record in; a bad one goes to quarantine. -1: no memory. */
must_check int sink_session_take(
	struct sink_state *st, struct sink_batch *b, const struct kafka_record *r, struct err *e);
