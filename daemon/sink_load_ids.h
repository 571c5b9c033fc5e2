/*
 * sink_load_ids: where the ids of the symbols stand: the stored marks, and what came behind them as the raw rows have it. Sink thread; blocks on
 * PostgreSQL.
 */
#pragma once
#include "pg.h"
#include "sink_state.h"

/* After symbols and subscriptions were loaded. */
must_check enum pg_failure sink_load_ids(struct pg *pg, struct sink_state *st, struct err *e);
