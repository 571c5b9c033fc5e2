/*
 * rest_limits: how much request weight the exchange grants an address in a minute, as /api/v3/exchangeInfo tells (`rateLimits`, Binance's
 * documentation). What it says bounds all requests of this process, beside rest.weight_limit.
 *
 * No state of its own. Any thread.
 */
#pragma once
#include "binance_rest.h"

/* From an answer's body. 0: it does not tell. */
int rest_limits_weight(const char *json, size_t len);
/* Takes note of what the body says, if it says anything. */
void rest_limits_note(const char *json, size_t len);
/* Asks, unless it is known already. REST_OK also if the exchange does not tell: then only the setting holds. */
must_check enum rest_done rest_limits_ask(struct binance_rest *r, struct err *e);
