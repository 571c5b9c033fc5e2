#include "market_number.h"

int number_from_decimal(__int128 *out, const struct decimal *d)
{
	if (d->scale != NUMBER_PLACES)
		return -1;
	*out = d->units;
	return 0;
}

void number_add(struct buf *out, __int128 number, int places)
{
	struct decimal d = {.units = number, .scale = places};
	char text[DECIMAL_TEXT_SIZE];

	while (d.scale > DECIMAL_PLACES && d.units % 10 == 0) {
		d.units /= 10;
		d.scale--;
	}
	buf_add(out, text, decimal_format(&d, text));
}

void number_add_percent(struct buf *out, int64_t change, int64_t open)
{
	__int128 thousandth = open ? (__int128)change * 100000 / open : 0;
	int64_t n = (int64_t)(thousandth < 0 ? -thousandth : thousandth);

	buf_printf(out, "%s%lld.%03lld", thousandth < 0 ? "-" : "", (long long)(n / 1000),
		(long long)(n % 1000));
}
