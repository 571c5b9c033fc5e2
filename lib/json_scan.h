/*
 * json_scan: finds members in a JSON text, exactly, and copies nothing.
 *
 * The whole text is checked against RFC 8259 (UTF-8 included, nesting up to JSON_SCAN_DEPTH); what is asked for comes back
 * as slices of it, byte for byte as received. A member that comes twice counts with its last value, as in json-c. Member names
 * written with escapes are passed over: the exchange has none. No allocation, no state; any thread.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_SCAN_DEPTH 64

struct json_value {
	const char *at; /* NULL: absent */
	size_t len;
};

/* A member to find; a list of them ends with name == NULL. */
struct json_wanted {
	const char *name;
	size_t offset;                    /* of its struct json_value in the caller's result */
	const struct json_wanted *inside; /* members of it, if it is an object; or NULL */
};

/* Scans the `len` bytes of `text`, which must be one JSON value, and fills the slices of `wanted` in `result`; those that are
 * absent become NULL. 0; -1: not JSON, and the slices mean nothing. */
must_check int json_scan(
	const char *text, size_t len, const struct json_wanted *wanted, void *result);
/* Where a text that json_scan refuses is no JSON any more; `len`: it ends early. */
size_t json_scan_stop(const char *text, size_t len);

/* Steps through an array that json_scan has passed: `rest` is its slice at first, then what is left of it. False: there is no
 * further element, or no array. */
must_check bool json_scan_element(struct json_value *rest, struct json_value *element);

/* What kind of value a slice of json_scan is; false if absent. */
bool json_scan_is_object(const struct json_value *v);
bool json_scan_is_array(const struct json_value *v);
bool json_scan_is_string(const struct json_value *v);
/* A string that has exactly these bytes and no escape. */
bool json_scan_equals(const struct json_value *v, const char *text);
/* An integer without fraction and exponent that fits. -1: no such number, `out` untouched. */
must_check int json_scan_int(const struct json_value *v, int64_t *out);
/* Copies a string with its escapes resolved, as UTF-8 with a '\0'; returns its length. -1: no string, longer than size - 1
 * bytes, or with a NUL or half a surrogate pair inside; `out` is then undefined. */
must_check int json_scan_text(const struct json_value *v, char *out, size_t size);
