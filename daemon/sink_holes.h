/*
 * sink_holes: the ids of events → holes in them.
 *
 * Trades and aggregated trades are numbered by one, an aggregate names the trades in it (f..l), a closed kline too (f..L; one without trades
 * none, so the L before stays). What is missing becomes a batch_hole when the record behind it is settled in its stream, unless it
 * has come by then, from the live topics or from history. How far nothing is missing is stored now and then (batch_id_mark), and the
 * rest is read from the raw rows at the start, so a hole is found whenever the sink dies. Sink thread.
 */
#pragma once
#include "sink_batch.h"
#include "sink_state.h"

/* A mark that has moved on is stored at the latest this long (of market time) afterwards. */
#define SINK_IDS_STORE_US (30 * SECOND_US)

/* A run of ids that is stored, in order. -1: no memory or too many. */
must_check int sink_holes_load(
	struct sink_symbol *sy, enum sink_ids_of ids, const struct id_range *run);
/* Of a live event, also of one that was taken before and is read again. -1: no memory. */
must_check int sink_holes_take(
	struct sink_symbol *sy, struct sink_batch *b, const struct event *ev, struct err *e);
/* Of history: it only fills what is missing of streams that the symbol is subscribed to. -1: no memory. */
must_check int sink_holes_take_history(
	struct sink_symbol *sy, struct sink_batch *b, const struct event *ev, struct err *e);
/* Nothing more of the stream comes from before `settled_us`, whatever others of the symbol do. */
void sink_holes_settle(
	struct sink_symbol *sy, struct sink_batch *b, enum stream_kind stream, int64_t settled_us);
/* The stream ends for the symbol: what is missing will not come. Then as forgotten. */
void sink_holes_end(struct sink_symbol *sy, struct sink_batch *b, enum stream_kind stream);
/* The stream begins anew for the symbol: what lies between was not asked for. */
void sink_holes_forget(struct sink_symbol *sy, enum stream_kind stream);
/* A repair has ended: with what it brought, the marks of all ids of the symbol are stored with this batch, so that a restart does not find
 * missing what was repaired. */
void sink_holes_store(struct sink_symbol *sy, struct sink_batch *b);

const char *sink_ids_name(enum sink_ids_of ids); /* in the table id_mark */
int sink_ids_find(const char *name);             /* -1: none */
