/*
 * chart_etag: weak entity tags (RFC 9110, 8.8.3 and 13.1.2). nginx turns tags weak when it compresses and gives no 304 for
 * FastCGI answers, so the program compares itself.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHART_ETAG_SIZE 24
#define CHART_ETAG_EMPTY 0xcbf29ce484222325 /* FNV-1a of nothing */

/* FNV-1a of what `hash` is of, and the text. */
uint64_t chart_etag_hash(uint64_t hash, const char *text, size_t len);

/* W/"<hash of the text>" */
void chart_etag_of(const char *text, size_t len, char out[CHART_ETAG_SIZE]);
/* Whether an If-None-Match header names the tag, compared weakly. "" matches nothing, "*" everything. */
bool chart_etag_matches(const char *if_none_match, const char *etag);
