/*
 * meta_record: a record of the compacted topic `<prefix>.<venue>.meta`: keys `epoch` and `rev/<symbol>`. The only file
 * of cgi/ that sees json-c. A parser belongs to one thread.
 */
#pragma once
#include "err.h"
#include "event.h"
#include "kafka_record.h"
#include <stdint.h>

struct meta_record {
	enum meta_kind {
		META_EPOCH,
		META_REVISION,
		META_OTHER /* of another version of the program, or a tombstone */
	} kind;
	int64_t epoch;
	char symbol[SYMBOL_SIZE];
	int64_t generation, revision;
};

struct meta_parser;
/* NULL: no memory. */
struct meta_parser *meta_parser_new(void);
void meta_parser_free(struct meta_parser *p);
/* -1: not what it should be, `out` untouched. */
must_check int meta_parse(struct meta_parser *p, const struct kafka_record *r,
	struct meta_record *out, struct err *e);
