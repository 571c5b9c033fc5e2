/*
 * correct_inverse: the file of corrections that undoes a run, from the audit. main's thread of pricegraphctl; blocks on PostgreSQL.
 *
 * What was a correction before is corrected to that again, what was removed is removed; everything else is withdrawn: it becomes what is
 * known without corrections, late data of meanwhile included.
 */
#pragma once
#include "pg.h"

/* To stdout; to stderr, how many candles were changed again since by others. -1: also if the run changed nothing of the symbol. */
must_check int correct_inverse_print(
	struct pg *pg, const char *venue, const char *symbol, int64_t run, struct err *e);
