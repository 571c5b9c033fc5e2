/*
 * market_best: the model's best bid and ask: the last trade was made at one of them, the other is a step away. Passive; the market's thread.
 */
#pragma once
#include "market_symbol.h"

struct market_best { /* 10^-8; all 0: no trade yet */
	int64_t bid, ask;
	__int128 quantity;      /* of both */
	__int128 last_quantity; /* of the last trade that is kept; 0 = none is */
};

/* The step that divides all prices and that of quantities, of the symbol's last minutes. */
void market_best_steps(const struct market_symbol *s, int64_t *tick, int64_t *lot);
void market_best_of(const struct market_symbol *s, struct market_best *out);
