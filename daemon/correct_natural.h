/*
 * correct_natural: seconds as they are known without corrections, computed anew (second_source), as changes to be written.
 *
 * A rebuild takes the raw rows and the stored klines; corrected seconds stay. The withdrawal of a correction takes the raw rows and what the
 * correction took the place of; where the raw rows are not kept any more, that alone. main's thread of pricegraphctl; blocks on
 * PostgreSQL.
 */
#pragma once
#include "change_write.h"
#include "second_source.h"

/* Adds a change for each second that was added to `s`, which is reset. Within the transaction. */
must_check enum pg_failure correct_natural_rebuild(
	struct change_write *w, struct second_source *s, struct err *e);
/* Likewise; `raw_us`: the horizon of the raw rows. */
must_check enum pg_failure correct_natural_withdraw(
	struct change_write *w, struct second_source *s, int64_t raw_us, struct err *e);
