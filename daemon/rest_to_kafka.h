/*
 * rest_to_kafka: the arrow from the exchange's REST interface into the history topics, on the thread "backfill".
 *
 * Reads from the database what gaps are open or under repair, newest first, fetches what they lack (bars of a second for candles, aggregated
 * trades for trades), hands it over to Kafka between the records `repairing` and `done`, and leaves the judging to the sink. A gap is taken up once
 * its end lies 10 s behind the venue's clock. It keeps no state of its own: after a restart whatever is not repaired is begun anew, and
 * everything may come twice. One back-fill a venue works at a time, the others stand by.
 */
#pragma once
#include "err.h"
#include "settings.h"

struct rest_to_kafka;
/* Starts the thread; connecting goes on in it, with retries. NULL: the settings can't be used, `e` says why. */
struct rest_to_kafka *rest_to_kafka_start(const struct settings *s, struct err *e);
/* Lets it end, without waiting for it. */
void rest_to_kafka_quit(struct rest_to_kafka *r);
/* Gives up what is under way, within a second or two, joins the thread. NULL is fine. */
void rest_to_kafka_stop(struct rest_to_kafka *r);
