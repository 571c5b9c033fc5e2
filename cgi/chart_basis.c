#include "chart_basis.h"

int64_t chart_basis_until_us(const struct chart_basis *b, int64_t wall_us, int64_t grows_us)
{
	int64_t allowed_us, from_us;

	if (!b->feed.known || b->as_of_us < 0 || b->fresh.ended || b->feed.speed <= 0)
		return INT64_MAX;
	allowed_us = chart_state_allowed_us(&b->feed, b->settle_us);
	from_us = b->feed.alive_us +
		  (int64_t)((double)(b->as_of_us + allowed_us - b->feed.clock_us) / b->feed.speed);
	return from_us > wall_us ? from_us : wall_us + grows_us;
}
