#include "retry.h"
#include "clock.h"

const struct retry_policy retry_server = {
	.first_us = 100 * MS_US, .max_us = 800 * MS_US, .reset_us = 5 * SECOND_US};

void retry_init(struct retry *r, const struct retry_policy *policy, uint64_t seed)
{
	*r = (struct retry){.policy = *policy, .random = seed};
}

/* splitmix64: good enough to spread clients, and every seed will do. */
static uint64_t next_random(struct retry *r)
{
	uint64_t z = r->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* It was good for reset_us: the failure that comes now is a first one. */
static void reset_if_good(struct retry *r, int64_t now_us)
{
	if (r->good_since_us && now_us - r->good_since_us >= r->policy.reset_us)
		r->attempts = 0;
}

int64_t retry_delay_us(struct retry *r, int64_t now_us)
{
	int64_t bound = r->policy.first_us;

	reset_if_good(r, now_us);
	r->good_since_us = 0;
	for (int i = 0; i < r->attempts && bound < r->policy.max_us; i++)
		bound = bound > r->policy.max_us / 2 ? r->policy.max_us : bound * 2;
	if (bound > r->policy.max_us)
		bound = r->policy.max_us;
	if (r->attempts < INT32_MAX)
		r->attempts++;
	int64_t least = r->policy.first_us / 2;
	if (least > bound)
		least = bound;
	return least + (int64_t)(next_random(r) % ((uint64_t)(bound - least) + 1));
}

void retry_good(struct retry *r, int64_t now_us)
{
	if (!r->good_since_us)
		r->good_since_us = now_us ? now_us : 1;
	reset_if_good(r, now_us);
}
