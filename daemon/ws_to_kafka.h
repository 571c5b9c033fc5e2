/*
 * ws_to_kafka: the arrow from the exchange's websocket into the live topics, on the thread "feed".
 *
 * Waits for Kafka, sees to the topics, connects (as many connections as FEED_STREAMS_MAX asks for) and moves every event as
 * received into its topic. It never blocks: a full producer queue stops the reading.
 */
#pragma once
#include "err.h"
#include "settings.h"
#include <stddef.h>

struct ws_to_kafka;
/* Starts the thread; connecting goes on in it, with retries. NULL: the settings can't be used, `e` says why. */
struct ws_to_kafka *ws_to_kafka_start(const struct settings *s, struct err *e);
/* Symbols and streams as `s` says now, [feed] symbols_file read again: once they are checked, the running connections change. -1:
 * they can't be used, `e` says why, and what is in force stays. main's thread; blocks on the file. */
must_check int ws_to_kafka_choose(struct ws_to_kafka *w, const struct settings *s, struct err *e);
/* Stops reading, ends the sessions, waits at most `timeout_ms` until Kafka has everything, joins the thread. Returns how many
 * records are not acknowledged, named by stream in `left`; -1: the thread did not end in time, the process must. NULL is fine. */
long ws_to_kafka_stop(struct ws_to_kafka *w, int timeout_ms, char *left, size_t size);
