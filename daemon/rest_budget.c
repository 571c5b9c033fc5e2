#include "rest_budget.h"
#include "clock.h"
#include <string.h>

void rest_budget_init(struct rest_budget *b)
{
	*b = (struct rest_budget){.slot_second = 0};
	pthread_mutex_init(&b->lock, NULL);
}

void rest_budget_done(struct rest_budget *b)
{
	pthread_mutex_destroy(&b->lock);
}

struct rest_budget *rest_budget_process(void)
{
	static struct rest_budget one = {.lock = PTHREAD_MUTEX_INITIALIZER};

	return &one;
}

static int *slot(struct rest_budget *b, int64_t second)
{
	return &b->taken[second % REST_BUDGET_SLOTS];
}

static void go_on_to_locked(struct rest_budget *b, int64_t second)
{
	if (second - b->slot_second >= REST_BUDGET_SLOTS)
		memset(b->taken, 0, sizeof(b->taken));
	else
		for (int64_t s = b->slot_second + 1; s <= second; s++)
			*slot(b, s) = 0;
	if (second > b->slot_second)
		b->slot_second = second;
}

/* The end of the second whose leaving brings the sum down to `most`; 0: it is there already. */
static int64_t own_fits_at_locked(struct rest_budget *b, int most)
{
	int64_t oldest = b->slot_second - REST_BUDGET_SLOTS + 1;
	int sum = 0;

	for (int i = 0; i < REST_BUDGET_SLOTS; i++)
		sum += b->taken[i];
	if (sum <= most)
		return 0;
	for (int64_t s = oldest < 0 ? 0 : oldest; s <= b->slot_second; s++) {
		sum -= *slot(b, s);
		if (sum <= most || sum == 0)
			return (s + REST_BUDGET_SLOTS) * SECOND_US;
	}
	return (b->slot_second + REST_BUDGET_SLOTS) * SECOND_US;
}

static int64_t take_locked(struct rest_budget *b, int weight, int allowed, int64_t now_us)
{
	int most = allowed > weight ? allowed - weight : 0;
	int64_t own_us, told_us = 0;

	if (now_us < b->banned_until_us)
		return b->banned_until_us;
	go_on_to_locked(b, now_us / SECOND_US);
	own_us = own_fits_at_locked(b, most);
	if (now_us < b->told_until_us && b->told + b->taken_since > most)
		told_us = b->told_until_us;
	if (own_us || told_us)
		return own_us > told_us ? own_us : told_us;
	*slot(b, b->slot_second) += weight;
	b->taken_since += weight;
	return 0;
}

int64_t rest_budget_take(struct rest_budget *b, int weight, int allowed, int64_t now_us)
{
	pthread_mutex_lock(&b->lock);
	int64_t later_us = take_locked(b, weight, allowed, now_us);
	pthread_mutex_unlock(&b->lock);
	return later_us;
}

bool rest_budget_grant(struct rest_budget *b, int weight)
{
	pthread_mutex_lock(&b->lock);
	bool news = b->granted != weight;
	b->granted = weight;
	pthread_mutex_unlock(&b->lock);
	return news;
}

int rest_budget_granted(struct rest_budget *b)
{
	pthread_mutex_lock(&b->lock);
	int granted = b->granted;
	pthread_mutex_unlock(&b->lock);
	return granted;
}

int rest_budget_share(struct rest_budget *b, int64_t limit, int percent)
{
	int granted = rest_budget_granted(b);

	return (int)((granted && granted < limit ? granted : limit) * percent / 100);
}

void rest_budget_told(struct rest_budget *b, int used, int64_t until_us)
{
	pthread_mutex_lock(&b->lock);
	b->told = used;
	b->taken_since = 0;
	b->told_until_us = until_us;
	pthread_mutex_unlock(&b->lock);
}

void rest_budget_ban(struct rest_budget *b, int64_t until_us)
{
	pthread_mutex_lock(&b->lock);
	if (until_us > b->banned_until_us)
		b->banned_until_us = until_us;
	pthread_mutex_unlock(&b->lock);
}
