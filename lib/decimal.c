#include "decimal.h"
#include <endian.h>
#include <stdint.h>
#include <string.h>

#define POWERS 39 /* 10^38 is the greatest that fits */
#define PG_BASE 10000
#define PG_HEAD 8
#define PG_NEGATIVE 0x4000

const struct decimal decimal_zero = {0, DECIMAL_PLACES};

#define WORD_DIGITS 18 /* that always fit in 64 bits */
static const int64_t powers[WORD_DIGITS + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000,
	100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
	100000000000000, 1000000000000000, 10000000000000000, 100000000000000000,
	1000000000000000000};

static __int128 power_of_ten(int n)
{
	__int128 p = 1;

	for (; n > WORD_DIGITS; n -= WORD_DIGITS)
		p *= powers[WORD_DIGITS];
	return p * powers[n];
}

/* Nearly all prices and volumes: their arithmetic needs no 128 bits. */
static bool is_word(__int128 units)
{
	return units == (int64_t)units;
}

/* How many of the last `most` digits are zeros. */
static int zeros(__int128 units, int most)
{
	int64_t rest =
		(int64_t)(is_word(units) ? (int64_t)units % powers[most] : units % powers[most]);
	int n = 0;

	if (!rest)
		return most;
	while (rest % 10 == 0) {
		rest /= 10;
		n++;
	}
	return n;
}

static __int128 without_zeros(__int128 units, int n)
{
	return is_word(units) ? (int64_t)units / powers[n] : units / powers[n];
}

/* units / 10^scale in canonical form, for any scale >= 0. -1: does not fit. */
static int canonical(struct decimal *out, __int128 units, int scale)
{
	while (scale > DECIMAL_PLACES) {
		int more = scale - DECIMAL_PLACES;
		int most = more < WORD_DIGITS ? more : WORD_DIGITS, n = zeros(units, most);

		units = without_zeros(units, n);
		scale -= n;
		if (n < most)
			break;
	}
	if (scale > DECIMAL_SCALE_MAX)
		return -1;
	if (scale < DECIMAL_PLACES) {
		if (__builtin_mul_overflow(units, power_of_ten(DECIMAL_PLACES - scale), &units))
			return -1;
		scale = DECIMAL_PLACES;
	}
	*out = (struct decimal){units, scale};
	return 0;
}

int decimal_parse(struct decimal *out, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *point = NULL;
	__int128 units = 0;

	if (!len)
		return -1;
	if (*p == '-')
		p++;
	if (p < end && (point = memchr(p, '.', (size_t)(end - p))) && point > p && point + 1 < end)
		while (end[-1] == '0')
			end--;
	uint64_t word = 0;
	int digits = 0;
	for (const char *first = p; p < end; p++) {
		if (*p == '.' && p == point && p > first)
			continue;
		if (*p < '0' || *p > '9')
			return -1;
		if (digits < WORD_DIGITS) {
			word = word * 10 + (uint64_t)(*p - '0');
			digits++;
			continue;
		}
		units = digits++ == WORD_DIGITS ? (__int128)word : units;
		if (__builtin_mul_overflow(units, 10, &units) ||
			__builtin_add_overflow(units, *p - '0', &units))
			return -1;
	}
	if (digits <= WORD_DIGITS)
		units = word;
	/* A digit before the point, and one behind it. */
	if (len == (size_t)(*text == '-') || (point && point + 1 == text + len))
		return -1;
	int scale = point ? (int)(end - point - 1) : 0;
	return canonical(out, *text == '-' ? -units : units, scale);
}

/* Before p, at least `least` of them; returns where they begin. */
static char *put_word(char *p, uint64_t n, int least)
{
	for (; n || least > 0; n /= 10, least--)
		*--p = (char)('0' + (int)(n % 10));
	return p;
}

static char *put_digits(char *p, unsigned __int128 n, int least)
{
	for (; n > UINT64_MAX; n /= (uint64_t)powers[WORD_DIGITS], least -= WORD_DIGITS)
		p = put_word(p, (uint64_t)(n % (uint64_t)powers[WORD_DIGITS]), WORD_DIGITS);
	return put_word(p, (uint64_t)n, least);
}

size_t decimal_format(const struct decimal *d, char out[DECIMAL_TEXT_SIZE])
{
	char text[DECIMAL_TEXT_SIZE], *end = text + sizeof(text), *p = out;
	const char *digits = put_digits(end,
		d->units < 0 ? 0 - (unsigned __int128)d->units : (unsigned __int128)d->units,
		d->scale + 1);
	size_t places = (size_t)d->scale, whole = (size_t)(end - digits) - places;

	if (d->units < 0)
		*p++ = '-';
	p = mempcpy(p, digits, whole);
	*p++ = '.';
	p = mempcpy(p, digits + whole, places);
	*p = '\0';
	return (size_t)(p - out);
}

/* Both at the greater of the two scales. */
static int align(const struct decimal *a, const struct decimal *b, __int128 units[2])
{
	int scale = a->scale > b->scale ? a->scale : b->scale;

	if (a->scale == b->scale) {
		units[0] = a->units;
		units[1] = b->units;
		return scale;
	}
	if (__builtin_mul_overflow(a->units, power_of_ten(scale - a->scale), &units[0]) ||
		__builtin_mul_overflow(b->units, power_of_ten(scale - b->scale), &units[1]))
		return -1;
	return scale;
}

int decimal_add(struct decimal *out, const struct decimal *a, const struct decimal *b)
{
	__int128 units[2], sum;
	int scale = align(a, b, units);

	if (scale < 0 || __builtin_add_overflow(units[0], units[1], &sum))
		return -1;
	return canonical(out, sum, scale);
}

int decimal_sub(struct decimal *out, const struct decimal *a, const struct decimal *b)
{
	__int128 units[2], difference;
	int scale = align(a, b, units);

	if (scale < 0 || __builtin_sub_overflow(units[0], units[1], &difference))
		return -1;
	return canonical(out, difference, scale);
}

/* Without trailing zeros: a product has fewer digits then. */
static struct decimal shortest(const struct decimal *d)
{
	int n = zeros(d->units, d->scale);

	return (struct decimal){without_zeros(d->units, n), d->scale - n};
}

int decimal_mul(struct decimal *out, const struct decimal *a, const struct decimal *b)
{
	struct decimal x = shortest(a), y = shortest(b);
	__int128 product;

	if (__builtin_mul_overflow(x.units, y.units, &product))
		return -1;
	return canonical(out, product, x.scale + y.scale);
}

int decimal_cmp(const struct decimal *a, const struct decimal *b)
{
	if (a->scale == b->scale)
		return (a->units > b->units) - (a->units < b->units);
	/* Whole parts, then fractions at the same scale: nothing here can overflow. */
	__int128 ten_a = power_of_ten(a->scale), ten_b = power_of_ten(b->scale);
	__int128 whole_a = a->units / ten_a, whole_b = b->units / ten_b;

	if (whole_a != whole_b)
		return whole_a < whole_b ? -1 : 1;
	__int128 part_a = a->units % ten_a * power_of_ten(DECIMAL_SCALE_MAX - a->scale);
	__int128 part_b = b->units % ten_b * power_of_ten(DECIMAL_SCALE_MAX - b->scale);
	return (part_a > part_b) - (part_a < part_b);
}

static void put16(unsigned char *out, int value)
{
	out[0] = (unsigned char)(value >> 8);
	out[1] = (unsigned char)value;
}

static int get16(const unsigned char *p)
{
	return (int16_t)(p[0] << 8 | p[1]);
}

/* Base-10000 digits of the number, first to last; *whole gets how many stand before the point. */
static int pg_digits(const struct decimal *d, int digits[20], int *whole)
{
	__int128 ten = power_of_ten(d->scale), units = d->units;
	int groups = (d->scale + 3) / 4, n = 0, reversed[20];

	if (is_word(units) && units >= 0 && d->scale == groups * 4) {
		for (uint64_t rest = (uint64_t)units; n < groups || rest; rest /= PG_BASE)
			reversed[n++] = (int)(rest % PG_BASE);
		*whole = n - groups;
		for (int i = 0; i < n; i++)
			digits[i] = reversed[n - 1 - i];
		return n;
	}

	/* Negative parts all the way: the least __int128 has no positive one. */
	__int128 fraction =
		-(units < 0 ? units % ten : -(units % ten)) * power_of_ten(groups * 4 - d->scale);
	for (int i = 0; i < groups; i++, fraction /= PG_BASE)
		reversed[n++] = (int)(fraction % PG_BASE);
	for (__int128 rest = units / ten; rest; rest /= PG_BASE) {
		int digit = (int)(rest % PG_BASE);
		reversed[n++] = digit < 0 ? -digit : digit;
	}
	*whole = n - groups;
	for (int i = 0; i < n; i++)
		digits[i] = reversed[n - 1 - i];
	return n;
}

size_t decimal_to_pg(const struct decimal *d, unsigned char out[DECIMAL_PG_SIZE])
{
	int digits[20], whole, first = 0, n = pg_digits(d, digits, &whole);

	while (n > 0 && digits[n - 1] == 0)
		n--;
	while (first < n && digits[first] == 0)
		first++;
	put16(out, n - first);
	put16(out + 2, n > first ? whole - 1 - first : 0);
	put16(out + 4, d->units < 0 ? PG_NEGATIVE : 0);
	put16(out + 6, d->scale);
	for (int i = first; i < n; i++)
		put16(out + PG_HEAD + 2 * (i - first), digits[i]);
	return (size_t)(PG_HEAD + 2 * (n - first));
}

/* units = units * 10000 + digit; the last one's trailing zeros shorten the scale instead. */
static int take_digit(__int128 *units, int digit, bool last, int *scale)
{
	int factor = PG_BASE;

	if (digit < 0 || digit >= PG_BASE)
		return -1;
	while (last && *scale > 0 && digit % 10 == 0 && factor > 1) {
		digit /= 10;
		factor /= 10;
		--*scale;
	}
	return __builtin_mul_overflow(*units, factor, units) ||
			       __builtin_add_overflow(*units, digit, units)
		       ? -1
		       : 0;
}

int decimal_from_pg(struct decimal *out, const unsigned char *bytes, size_t len)
{
	__int128 units = 0;

	if (len < PG_HEAD)
		return -1;
	int n = get16(bytes), weight = get16(bytes + 2), sign = get16(bytes + 4);
	if (n < 0 || len != PG_HEAD + 2 * (size_t)n || (sign != 0 && sign != PG_NEGATIVE))
		return -1;
	int scale = 4 * (n - 1 - weight);
	for (int i = 0; i < n; i++)
		if (take_digit(&units, get16(bytes + PG_HEAD + 2 * i), i == n - 1, &scale) < 0)
			return -1;
	if (!units) {
		*out = decimal_zero;
		return 0;
	}
	if (scale <= -POWERS ||
		(scale < 0 && __builtin_mul_overflow(units, power_of_ten(-scale), &units)))
		return -1;
	return canonical(out, sign ? -units : units, scale < 0 ? 0 : scale);
}
