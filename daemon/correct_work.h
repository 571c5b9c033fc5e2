/*
 * correct_work: a file of corrections, checked as a whole and then written (change_write) chunk by chunk.
 * main's thread of pricegraphctl; blocks on PostgreSQL.
 */
#pragma once
#include "change_write.h"
#include "correct_file.h"

/* What may be changed of a symbol now. */
struct correct_bounds {
	int64_t settled_us;               /* nothing that ends later */
	int64_t clock_us;                 /* the venue's now */
	int64_t raw_us;                   /* raw rows are kept from here on */
	int64_t horizon_us[LADDER_COUNT]; /* nothing that begins earlier */
};

/* -1: also if there is no such symbol. */
must_check int correct_bounds_read(struct pg *pg, const char *venue, const char *symbol,
	struct correct_bounds *out, struct err *e);
/* Tells the lines that can't be changed. -1: there are some. */
must_check int correct_work_check(struct correct_file *f, struct change_write *w,
	const struct correct_bounds *bounds, struct err *e);
/* -1: what was written until then stands, and the same run again goes on. */
must_check int correct_work_file(struct change_write *w, const struct correct_file *f,
	const struct correct_bounds *bounds, struct err *e);
