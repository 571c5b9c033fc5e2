/*
 * sink_given: what a transaction writes of bars that were given at their level, and of the stretches that were given. Writer's thread.
 */
#pragma once
#include "sink_facts.h"

/* After the seconds, before the folds: asks for those that follow from what changed. */
must_check enum pg_failure sink_given_write(
	struct sink_facts *f, const struct sink_write *to, struct err *e);
