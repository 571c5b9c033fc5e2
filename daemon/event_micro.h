/*
 * event_micro: an event object with its times in µs instead of ms, as a connection with
 * timeUnit=MICROSECOND gets it.
 */
#pragma once
#include "buf.h"
#include "json_slice.h"

/* Appends `object`, or each of an array of them, with "000" behind its times: members E and T, and t
 * and T within k. */
void event_micro_add(struct buf *out, struct slice object);
