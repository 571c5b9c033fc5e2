/*
 * chart_key: what two requests have in common that get the same answer: path, query with its parameters in order, and what they accept.
 */
#pragma once
#include "request.h"
#include <stddef.h>

#define CHART_KEY_SIZE 640

/* Writes the key, which ends with '\0'; its length, 0: too long, or too many parameters, or another unit of time, to be kept. Values are not decoded: who writes the same in
 * another way gets an answer of his own. */
size_t chart_key_of(const struct request *rq, char out[CHART_KEY_SIZE]);
/* The reverse: path, query and accept of a request with that key. They point into `key`, which is cut in pieces. */
void chart_key_parse(char *key, struct request *out);
