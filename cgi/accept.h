/*
 * accept: the Accept header (RFC 9110, 12.5.1): whether a client takes what we have. Pure computations.
 */
#pragma once
#include <stdbool.h>

/* Whether the header admits one of the media types, "application/json|text/csv". An absent or empty header admits all; ranges that can't be
 * understood admit nothing. */
bool accept_any(const char *accept, const char *types);
/* Whether it admits the type, which may have parameters behind a ';'. */
bool accept_one(const char *accept, const char *type);
