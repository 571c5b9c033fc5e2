/*
 * field: strict reading of an exchange event's members, whose names are single letters: found by json_scan, read by name and type.
 *
 * The same rules and messages as member's ("member 'k.o' is missing", "member 'E' is no integer"), without an allocation. `out` is
 * untouched on failure. Any thread.
 */
#pragma once
#include "decimal.h"
#include "err.h"
#include "json_scan.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FIELD_LETTERS ('z' - 'A' + 1)

/* The members of one object by their letters. Filled by json_scan: FIELD_WANTED in a list of wanted members. */
struct field_values {
	struct json_value of[FIELD_LETTERS];
};
/* `base`: where the struct field_values stands in the result. */
#define FIELD_WANTED(base, name, letter)                                                           \
	{                                                                                          \
		name, (base) + ((letter) - 'A') * sizeof(struct json_value), NULL                  \
	}

struct fields { /* passive; lends all of it */
	const struct field_values *values;
	const char *path; /* before the names: "" or e.g. "k." */
	struct err *e;
};

bool field_exists(const struct fields *f, const char *name);
must_check int field_int(const struct fields *f, const char *name, int64_t *out);
must_check int field_bool(const struct fields *f, const char *name, bool *out);
/* A decimal in a JSON string, not negative. */
must_check int field_decimal(const struct fields *f, const char *name, struct decimal *out);
/* A text that fits `size` with its '\0', not empty, without control characters. */
must_check int field_text(const struct fields *f, const char *name, char *out, size_t size);
/* There is an object of that name. */
must_check int field_object(const struct fields *f, const char *name);
