/*
 * rest_budget: how much request weight may still be spent at the exchange's REST interface, and from when on.
 *
 * The exchange counts weight per minute and IP address (Binance's documentation: 6000, told in each answer's header
 * X-MBX-USED-WEIGHT-1M). What this process took lately is kept in slots of a second, so that no minute of the exchange's, whatever its
 * phase, holds more than was allowed; what the header tells besides (other processes behind the same address) counts until that minute is over. A
 * ban (429, 418) holds for everybody. Times are monotonic. Any thread; its own lock, held for no I/O.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define REST_BUDGET_SLOTS 60

struct rest_budget {
	pthread_mutex_t lock;
	/* lock: all below */
	int64_t slot_second; /* of the newest slot; the others lie before it */
	int taken[REST_BUDGET_SLOTS];
	int told, taken_since; /* used as the exchange has told, and taken since then */
	int64_t told_until_us;
	int64_t banned_until_us;
	int granted; /* for a minute, as the exchange has told; 0: it has not */
};

/* The one of this process: the exchange counts by address. */
struct rest_budget *rest_budget_process(void);

void rest_budget_init(struct rest_budget *b);
void rest_budget_done(struct rest_budget *b);
/* Takes `weight` if the minute's sum stays within `allowed` (or nothing at all was taken: a request heavier than that must be possible). 0:
 * taken; else the time before which it is no use to ask again. */
int64_t rest_budget_take(struct rest_budget *b, int weight, int allowed, int64_t now_us);
/* The exchange grants `weight` for a minute. True: that is news. */
bool rest_budget_grant(struct rest_budget *b, int weight);
int rest_budget_granted(struct rest_budget *b); /* 0: not told yet */
/* So much of a minute's weight is `percent` of what is granted, and of `limit` at most: the lesser one. */
int rest_budget_share(struct rest_budget *b, int64_t limit, int percent);
/* An answer said that `used` was spent in its minute, which ends at `until_us`. */
void rest_budget_told(struct rest_budget *b, int used, int64_t until_us);
/* Nothing is granted before `until_us`; an earlier ban is never shortened. */
void rest_budget_ban(struct rest_budget *b, int64_t until_us);
