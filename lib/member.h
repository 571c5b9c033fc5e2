/*
 * member: strict reading of JSON (json-c): one object as a whole, then its members by name and
 * type.
 *
 * Every failure names the member: "member 'k.o' is missing", "member 'E' is no integer". Nothing is
 * converted silently: a number in quotes is no number. `out` is untouched on failure. One owning
 * thread.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_tokener;
struct json_object;

/* An object and how errors call its members. Passive; lends all of it. */
struct members {
	struct json_object *object;
	const char *path; /* before the names: "" or e.g. "k." */
	struct err *e;
};

/* Parses the whole of `len` bytes as one JSON object (RFC 8259, UTF-8) with a tokener to be
 * re-used. The caller owns the object (json_object_put). NULL: `e` says why. */
struct json_object *member_root(
	struct json_tokener *tokener, const char *json, size_t len, struct err *e);

/* The same for a single text, nested at most 4 deep: `read` takes the object's members into `out`; what it returns is returned.
 * -1 without it: `e` says why, `out` untouched. */
must_check int member_parse(const char *json, size_t len,
	int (*read)(const struct members *m, void *out), void *out, struct err *e);

bool member_exists(const struct members *m, const char *name);
must_check int member_int(const struct members *m, const char *name, int64_t *out);
must_check int member_double(const struct members *m, const char *name, double *out);
/* A text that fits `size` with its '\0', not empty, UTF-8, without control characters. */
must_check int member_text(const struct members *m, const char *name, char *out, size_t size);
/* A text that is one of `names`: its index. */
must_check int member_choice(const struct members *m, const char *name, const char *const *names,
	size_t count, int *out);
/* A JSON array, lent. */
must_check int member_array(const struct members *m, const char *name, struct json_object **out);
/* A string that is no member (an element of an array), by the rules of member_text. False: it
 * breaks them. */
bool member_is_text(struct json_object *value, size_t size);
