/*
 * correct_kafka: a stretch of a symbol's past computed anew from Kafka's topics (kafka_seconds): raw rows that differ from what is there are replaced, then
 * the seconds and the bars above them (change_write). Corrected seconds stay. main's thread of pricegraphctl; blocks on Kafka and PostgreSQL.
 */
#pragma once
#include "correct_work.h"
#include "settings.h"

/* -1: what was written until then stands, and the same again goes on. */
must_check int correct_kafka_rebuild(struct change_write *w, const struct settings *s,
	const struct correct_bounds *bounds, int64_t from_us, int64_t to_us, struct err *e);
