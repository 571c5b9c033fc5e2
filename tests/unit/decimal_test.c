#include "decimal.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

static struct decimal parse(const char *text)
{
	size_t len = strlen(text);
	char *copy = test_malloc(len + 1);
	struct decimal d;

	/* Without terminator behind it. */
	memcpy(copy, text, len);
	copy[len] = '7';
	assert_int_equal(decimal_parse(&d, copy, len), 0);
	test_free(copy);
	return d;
}

static void assert_text(const struct decimal *d, const char *expected)
{
	char text[DECIMAL_TEXT_SIZE];

	assert_int_equal(decimal_format(d, text), strlen(expected));
	assert_string_equal(text, expected);
}

static void parses_and_formats(void **state)
{
	static const char *const pairs[][2] = {
		{"0", "0.00000000"},
		{"-0.000", "0.00000000"},
		{"61837.63", "61837.63000000"},
		{"0.06285000", "0.06285000"},
		{"2472261593.19821790", "2472261593.19821790"},
		{"00012.5", "12.50000000"},
		{"-1.5", "-1.50000000"},
		{"-0.00000001", "-0.00000001"},
		{"1.123456789", "1.123456789"},
		{"0.123456789012345678", "0.123456789012345678"},
		{"1.1000000000000000000000000", "1.10000000"},
		{"260000000000000.00000001", "260000000000000.00000001"},
		{"100", "100.00000000"},
		{"1701411834604692317316873037158.84105727",
			"1701411834604692317316873037158.84105727"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct decimal d = parse(pairs[i][0]);
		assert_text(&d, pairs[i][1]);
		assert_true(d.scale >= DECIMAL_PLACES && d.scale <= DECIMAL_SCALE_MAX);
	}
}

static void refuses_what_is_no_decimal(void **state)
{
	static const char *const texts[] = {"", "-", ".", "-.", "1.", ".5", "-.5", "1..2", "1.2.3",
		"1.0.0", "+1", "1e5", " 1", "1 ", "1,5", "abc", "--1", "1-", "0x10", "nan", "inf",
		"1.00.", "1.-0"};
	struct decimal d = {77, 9};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(decimal_parse(&d, texts[i], strlen(texts[i])), -1);
	assert_int_equal(decimal_parse(&d, "1\0", 2), -1);
	assert_true(d.units == 77 && d.scale == 9);
}

static void refuses_what_does_not_fit(void **state)
{
	static const char *const texts[] = {
		"1701411834604692317316873037158.84105728",
		"170141183460469231731687303715884105727",
		"1.0000000000000000001",
		"0.0000000000000000000000000000000000000000000001",
		"99999999999999999999999999999999999999999999999999999999",
		"1000000000000000000000000.123456789012345678",
	};
	struct decimal d = {77, 9};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(decimal_parse(&d, texts[i], strlen(texts[i])), -1);
	assert_true(d.units == 77 && d.scale == 9);
}

static void equal_numbers_are_equal_structs(void **state)
{
	struct decimal a = parse("1.5"), b = parse("0001.50000000000000");

	(void)state;
	assert_true(a.units == b.units && a.scale == b.scale);
	struct decimal long_one = parse("0.123456789"), rest = parse("0.876543211"), sum;
	assert_int_equal(decimal_add(&sum, &long_one, &rest), 0);
	struct decimal one = parse("1");
	assert_true(sum.units == one.units && sum.scale == one.scale);
}

static void adds_and_subtracts_exactly(void **state)
{
	struct decimal a = parse("0.1"), b = parse("0.2"), c;

	(void)state;
	assert_int_equal(decimal_add(&c, &a, &b), 0);
	assert_text(&c, "0.30000000");
	assert_int_equal(decimal_sub(&c, &a, &b), 0);
	assert_text(&c, "-0.10000000");
	a = parse("1.123456789");
	assert_int_equal(decimal_add(&c, &a, &b), 0);
	assert_text(&c, "1.323456789");
	assert_int_equal(decimal_sub(&a, &a, &a), 0);
	assert_text(&a, "0.00000000");
	/* 24 h sums that pass int64 at 8 places. */
	a = parse("260000000000000");
	assert_int_equal(decimal_add(&a, &a, &a), 0);
	assert_text(&a, "520000000000000.00000000");
}

static void multiplies_exactly(void **state)
{
	struct decimal a = parse("61837.63000000"), b = parse("0.02000000"), c;

	(void)state;
	assert_int_equal(decimal_mul(&c, &a, &b), 0);
	assert_text(&c, "1236.75260000");
	a = parse("0.00000123");
	b = parse("0.00000457");
	assert_int_equal(decimal_mul(&c, &a, &b), 0);
	assert_text(&c, "0.0000000000056211");
	a = parse("-3");
	assert_int_equal(decimal_mul(&a, &a, &a), 0);
	assert_text(&a, "9.00000000");
	/* Trailing zeros are no digits: this fits only without them. */
	a = parse("1000000000000000");
	b = parse("100000000000000");
	assert_int_equal(decimal_mul(&c, &a, &b), 0);
	assert_text(&c, "100000000000000000000000000000.00000000");
	assert_int_equal(decimal_mul(&c, &c, &decimal_zero), 0);
	assert_text(&c, "0.00000000");
}

static void overflow_is_told_and_changes_nothing(void **state)
{
	struct decimal most = parse("1701411834604692317316873037158.84105727");
	struct decimal least = parse("-1701411834604692317316873037158.84105727");
	struct decimal tiny = parse("0.000000000000000001"), out = {77, 9}, small = parse("1.5");

	(void)state;
	assert_int_equal(decimal_add(&out, &most, &small), -1);
	assert_int_equal(decimal_sub(&out, &least, &small), -1);
	assert_int_equal(decimal_sub(&out, &most, &least), -1);
	assert_int_equal(decimal_add(&out, &most, &tiny), -1);
	assert_int_equal(decimal_add(&out, &tiny, &most), -1);
	assert_int_equal(decimal_mul(&out, &most, &small), -1);
	assert_int_equal(decimal_mul(&out, &most, &most), -1);
	/* More places than there are. */
	assert_int_equal(decimal_mul(&out, &tiny, &tiny), -1);
	assert_true(out.units == 77 && out.scale == 9);
}

static void compares_without_overflow(void **state)
{
	static const char *const ascending[] = {"-1701411834604692317316873037158.84105727", "-2",
		"-1.5", "-0.000000000000000001", "0", "0.000000000000000001", "0.00000001",
		"1.49999999", "1.5", "1.500000001", "2", "1701411834604692317316873037158.84105726",
		"1701411834604692317316873037158.84105727"};
	const int n = sizeof(ascending) / sizeof(*ascending);

	(void)state;
	for (int i = 0; i < n; i++) {
		for (int k = 0; k < n; k++) {
			struct decimal a = parse(ascending[i]), b = parse(ascending[k]);
			int c = decimal_cmp(&a, &b);
			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
		}
	}
}

/* What PostgreSQL's numeric_send gives for these. */
static void writes_postgresql_numeric(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned char bytes[DECIMAL_PG_SIZE];
	} known[] = {
		{"0", 8, {0, 0, 0, 0, 0, 0, 0, 8}},
		{"1", 10, {0, 1, 0, 0, 0, 0, 0, 8, 0, 1}},
		{"-1.5", 12, {0, 2, 0, 0, 0x40, 0, 0, 8, 0, 1, 0x13, 0x88}},
		{"10000", 10, {0, 1, 0, 1, 0, 0, 0, 8, 0, 1}},
		{"61837.63", 14, {0, 3, 0, 1, 0, 0, 0, 8, 0, 6, 0x07, 0x2d, 0x18, 0x9c}},
		{"0.00000001", 10, {0, 1, 0xff, 0xfe, 0, 0, 0, 8, 0, 1}},
		{"0.0001", 10, {0, 1, 0xff, 0xff, 0, 0, 0, 8, 0, 1}},
		{"0.123456789", 14,
			{0, 3, 0xff, 0xff, 0, 0, 0, 9, 0x04, 0xd2, 0x16, 0x2e, 0x23, 0x28}},
	};
	unsigned char out[DECIMAL_PG_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct decimal d = parse(known[i].text);
		assert_int_equal(decimal_to_pg(&d, out), known[i].len);
		assert_memory_equal(out, known[i].bytes, known[i].len);
	}
}

static void assert_round_trip(const struct decimal *d)
{
	unsigned char bytes[DECIMAL_PG_SIZE];
	char text[DECIMAL_TEXT_SIZE];
	struct decimal back;

	size_t len = decimal_to_pg(d, bytes);
	assert_true(len <= sizeof(bytes));
	assert_int_equal(decimal_from_pg(&back, bytes, len), 0);
	assert_true(back.units == d->units && back.scale == d->scale);
	len = decimal_format(d, text);
	assert_int_equal(decimal_parse(&back, text, len), 0);
	assert_true(back.units == d->units && back.scale == d->scale);
}

static void round_trips(void **state)
{
	static const char *const texts[] = {"0", "1701411834604692317316873037158.84105727",
		"-1701411834604692317316873037158.84105727",
		"170141183460469231731.687303715884105727", "0.000000000000000001",
		"-99999999.99999999", "10000000000000000000000000000", "9999.9999", "0.00010001"};
	uint64_t random = 42;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct decimal d = parse(texts[i]);
		assert_round_trip(&d);
	}
	for (int i = 0; i < 20000; i++) {
		char text[64], *p = text;
		int digits = 1 + i % 19, places = i / 19 % 19;
		for (int k = 0; k < digits + places; k++) {
			random = random * 6364136223846793005 + 1442695040888963407;
			if (k == digits)
				*p++ = '.';
			*p++ = (char)('0' + (random >> 33) % (i % 3 ? 10 : 2));
		}
		*p = '\0';
		struct decimal d = parse(text);
		assert_round_trip(&d);
	}
}

static void reads_what_sums_in_sql_give(void **state)
{
	/* 1.10 with dscale 2; 20000 without places; trailing zeros within the last digit. */
	static const unsigned char a[] = {0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 0x03, 0xe8};
	static const unsigned char b[] = {0, 1, 0, 1, 0, 0, 0, 0, 0, 2};
	static const unsigned char c[] = {0, 1, 0xff, 0xfb, 0, 0, 0, 18, 0, 100};
	struct decimal d;

	(void)state;
	assert_int_equal(decimal_from_pg(&d, a, sizeof(a)), 0);
	assert_text(&d, "1.10000000");
	assert_int_equal(decimal_from_pg(&d, b, sizeof(b)), 0);
	assert_text(&d, "20000.00000000");
	assert_int_equal(decimal_from_pg(&d, c, sizeof(c)), 0);
	assert_text(&d, "0.000000000000000001");
}

static void refuses_bad_postgresql_numeric(void **state)
{
	static const unsigned char nan[] = {0, 0, 0, 0, 0xc0, 0, 0, 0};
	static const unsigned char infinite[] = {0, 0, 0, 0, 0xd0, 0, 0, 0};
	static const unsigned char digit[] = {0, 1, 0, 0, 0, 0, 0, 0, 0x27, 0x10};
	static const unsigned char negative_digit[] = {0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	static const unsigned char large[] = {0, 1, 0, 9, 0, 0, 0, 0, 0, 9};
	static const unsigned char huge[] = {0, 1, 0x7f, 0xff, 0, 0, 0, 0, 0, 9};
	static const unsigned char small[] = {0, 1, 0xff, 0xfb, 0, 0, 0, 20, 0, 1};
	static const unsigned char smallest[] = {0, 1, 0x80, 0, 0, 0, 0x3f, 0, 0, 1};
	static const unsigned char count[] = {0xff, 0xff, 0, 0, 0, 0, 0, 0};
	static const unsigned char good[] = {0, 2, 0, 0, 0, 0, 0, 2, 0, 1, 0x03, 0xe8};
	unsigned char many[8 + 2 * 12] = {0, 12, 0, 11};
	struct decimal d = {77, 9};

	(void)state;
	for (size_t i = 8; i < sizeof(many); i += 2)
		many[i + 1] = 99;
	assert_int_equal(decimal_from_pg(&d, many, sizeof(many)), -1);
	assert_int_equal(decimal_from_pg(&d, nan, sizeof(nan)), -1);
	assert_int_equal(decimal_from_pg(&d, infinite, sizeof(infinite)), -1);
	assert_int_equal(decimal_from_pg(&d, digit, sizeof(digit)), -1);
	assert_int_equal(decimal_from_pg(&d, negative_digit, sizeof(negative_digit)), -1);
	assert_int_equal(decimal_from_pg(&d, large, sizeof(large)), -1);
	assert_int_equal(decimal_from_pg(&d, huge, sizeof(huge)), -1);
	assert_int_equal(decimal_from_pg(&d, small, sizeof(small)), -1);
	assert_int_equal(decimal_from_pg(&d, smallest, sizeof(smallest)), -1);
	assert_int_equal(decimal_from_pg(&d, count, sizeof(count)), -1);
	for (size_t len = 0; len < sizeof(good); len++)
		assert_int_equal(decimal_from_pg(&d, good, len), -1);
	assert_true(d.units == 77 && d.scale == 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_and_formats),
		cmocka_unit_test(refuses_what_is_no_decimal),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(equal_numbers_are_equal_structs),
		cmocka_unit_test(adds_and_subtracts_exactly),
		cmocka_unit_test(multiplies_exactly),
		cmocka_unit_test(overflow_is_told_and_changes_nothing),
		cmocka_unit_test(compares_without_overflow),
		cmocka_unit_test(writes_postgresql_numeric),
		cmocka_unit_test(round_trips),
		cmocka_unit_test(reads_what_sums_in_sql_give),
		cmocka_unit_test(refuses_bad_postgresql_numeric),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
