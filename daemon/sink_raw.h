/*
 * sink_raw: a batch's raw rows → their streams' raw tables, within the open transaction. What a row consists of is told by the stream's row
 * in stream_table and by its event_form. Writer's thread.
 */
#pragma once
#include "sink_rows.h"

/* Of all streams. `w` is used for each in turn. */
must_check enum pg_failure sink_raw_write(
	struct sink_rows *w, const struct sink_write *to, struct err *e);
