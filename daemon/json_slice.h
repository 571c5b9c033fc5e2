/*
 * json_slice: the members of a JSON object as slices of its own text, nothing copied and nothing
 * printed anew.
 *
 * For recorded frames, whose event objects must go on byte for byte. It finds where values begin
 * and end; it does not prove that the text is valid JSON (who needs the values parses them).
 * Passive, any thread.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
	const char *data; /* not terminated; NULL = absent */
	size_t len;
};

struct json_members {
	const char *at, *end;
};

/* Begins at the members of `object`. False: it is not an object. */
bool json_members_begin(struct json_members *m, struct slice object);
/* The next member: `key` without its quotes, `value` without blanks around it (strings with
 * their quotes). False: no more, or the text is broken there. */
bool json_members_next(struct json_members *m, struct slice *key, struct slice *value);
/* Begins at the elements of an array; false: it is none. Then each of them, without blanks. */
bool json_elements_begin(struct json_members *m, struct slice array);
bool json_elements_next(struct json_members *m, struct slice *value);
/* The value of member `name`; an absent slice if there is none. */
struct slice json_member(struct slice object, const char *name);
/* The inside of a string value without escapes; absent if it is no such string. */
struct slice json_string(struct slice value);
/* An integer value of at most 18 digits. False: it is none; `out` untouched. */
bool json_integer(struct slice value, int64_t *out);
bool slice_is(struct slice s, const char *text);
