/*
 * fault_read: faults from JSON: one object, an array of them, or the lines of a script file (json-c).
 *
 * `{"fault":"reset","at":5,"for":1,...}`: the members of fault.h and those that the kind's row
 * names; others are errors. `{"random":20,"from":0,"to":60,"kinds":["reset","mute"],"for":5}`: so
 * many of those kinds (all that have an end, if none are named), each at a random time within, for
 * a random part of `for`, its numbers by chance: a function of the seed and of what was drawn
 * before. One owning thread.
 */
#pragma once
#include "fault.h"
#include <stddef.h>

#define FAULTS_MAX 100000 /* in one text or file */

struct fault_list { /* zeroed it is empty; `items` is malloc'ed */
	struct fault *items;
	size_t count, room;
};

/* Random numbers: 0 <= x < 1, the next of the seed's sequence. */
double fault_chance(uint64_t *seed);
/* Appends what the text asks for. -1: `e` says what is wrong; the list is as before. */
must_check int fault_read(
	struct fault_list *l, const char *text, size_t len, uint64_t *seed, struct err *e);
/* The same of a file: one object a line; blank lines and lines that begin with # are passed over.
 * The error names the line. */
must_check int fault_read_file(
	struct fault_list *l, const char *path, uint64_t *seed, struct err *e);
