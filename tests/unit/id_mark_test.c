/* Goal: whatever the order and repetition, exactly the ids that did not come are told of, once. */
#include "daemon/id_mark.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

static int64_t us(int64_t id)
{
	return 1000 * id;
}

static void take(struct id_mark *m, int64_t first, int64_t last)
{
	const struct id_range r = {first, last, us(first), us(last)};

	assert_int_equal(id_mark_take(m, &r), 0);
}

/* The first ids, settled: the mark. */
static void begin(struct id_mark *m, int64_t first, int64_t last)
{
	struct id_range hole;

	id_mark_init(m);
	assert_false(id_mark_is_begun(m));
	take(m, first, last);
	assert_true(id_mark_is_begun(m));
	assert_false(id_mark_settle(m, INT64_MAX, &hole));
	assert_int_equal(m->id, last);
}

static void in_order_there_is_nothing_to_tell(void **state)
{
	struct id_mark m;
	struct id_range hole;

	(void)state;
	id_mark_init(&m);
	assert_false(id_mark_settle(&m, INT64_MAX, &hole));
	take(&m, 70, 70);
	take(&m, 71, 72);
	assert_false(id_mark_settle(&m, INT64_MAX, &hole));
	take(&m, 73, 79);
	take(&m, 80, 80);
	take(&m, 75, 78); /* a repeat */
	assert_int_equal(m.id, 80);
	assert_int_equal(m.at_us, us(80));
	assert_int_equal(m.count, 0);
	assert_false(id_mark_settle(&m, INT64_MAX, &hole));
	id_mark_done(&m);
}

static void a_hole_is_told_of_when_what_is_behind_it_is_settled(void **state)
{
	struct id_mark m;
	struct id_range hole;

	(void)state;
	id_mark_init(&m);
	take(&m, 10, 10);
	take(&m, 14, 15);
	take(&m, 20, 20);
	assert_false(id_mark_settle(&m, us(14), &hole));
	assert_true(id_mark_settle(&m, us(14) + 1, &hole));
	assert_true(hole.first == 11 && hole.last == 13);
	assert_true(hole.first_us == us(10) && hole.last_us == us(14));
	assert_int_equal(m.id, 15);
	assert_false(id_mark_settle(&m, us(20), &hole));
	assert_true(id_mark_settle(&m, us(20) + 1, &hole));
	assert_true(hole.first == 16 && hole.last == 19);
	assert_false(id_mark_settle(&m, INT64_MAX, &hole));
	/* Told of once: what comes of it later changes nothing here. */
	take(&m, 12, 12);
	assert_false(id_mark_settle(&m, INT64_MAX, &hole));
	assert_int_equal(m.id, 20);
	id_mark_done(&m);
}

static void a_hole_closes_when_its_ids_come(void **state)
{
	struct id_mark m;
	struct id_range hole;

	(void)state;
	begin(&m, 10, 10);
	take(&m, 20, 20);
	take(&m, 30, 30);
	take(&m, 15, 16);
	take(&m, 25, 29); /* joins 30 */
	take(&m, 17, 19); /* joins two */
	assert_int_equal(m.count, 2);
	take(&m, 11, 14);
	assert_int_equal(m.id, 20);
	assert_int_equal(m.count, 1);
	take(&m, 18, 26); /* overlaps what came, on both sides */
	assert_int_equal(m.id, 30);
	assert_int_equal(m.at_us, us(30));
	assert_false(id_mark_settle(&m, INT64_MAX, &hole));
	id_mark_done(&m);
}

static void a_wide_range_swallows_narrow_ones(void **state)
{
	struct id_mark m;

	(void)state;
	begin(&m, 1, 1);
	take(&m, 10, 10);
	take(&m, 14, 14);
	take(&m, 18, 18);
	take(&m, 9, 15);
	assert_int_equal(m.count, 2);
	assert_true(m.beyond[0].first == 9 && m.beyond[0].last == 15);
	assert_true(m.beyond[0].first_us == us(9) && m.beyond[0].last_us == us(15));
	take(&m, 3, 30);
	assert_int_equal(m.count, 1);
	assert_true(m.beyond[0].first == 3 && m.beyond[0].last == 30);
	id_mark_done(&m);
}

static void forgets(void **state)
{
	struct id_mark m;
	struct id_range hole;

	(void)state;
	begin(&m, 10, 10);
	take(&m, 20, 20);
	id_mark_forget(&m);
	assert_false(id_mark_is_begun(&m));
	take(&m, 500, 500);
	assert_false(id_mark_settle(&m, INT64_MAX, &hole));
	assert_int_equal(m.id, 500);
	id_mark_done(&m);
}

static void too_many_holes_are_refused(void **state)
{
	struct id_mark m;
	struct id_range r = {0, 0, 0, 0};

	(void)state;
	begin(&m, 0, 0);
	for (int64_t i = 1; i <= ID_RANGES_MAX; i++)
		take(&m, 2 * i, 2 * i);
	r.first = r.last = 2 * ID_RANGES_MAX + 2;
	assert_int_equal(id_mark_take(&m, &r), -1);
	assert_int_equal(m.count, ID_RANGES_MAX);
	/* What joins is still taken. */
	take(&m, 1, 1);
	assert_int_equal(m.id, 2);
	assert_int_equal(id_mark_take(&m, &r), 0);
	id_mark_done(&m);
}

/* Random ranges of ids in random order, some twice, some never: the holes told of are the ids that never came, of those behind the least. */
static void any_order_tells_the_same(void **state)
{
	enum { IDS = 200 };
	uint32_t random = 11;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		bool came[IDS + 2] = {false}, told[IDS + 2] = {false};
		struct id_mark m;
		struct id_range hole;

		id_mark_init(&m);
		for (int i = 0; i < 60; i++) {
			random = random * 1664525 + 1013904223;
			int64_t first = (random >> 8) % IDS, last = first + (random >> 28) % 4;

			if (last > IDS)
				last = IDS;
			take(&m, first, last);
			for (int64_t id = first; id <= last; id++)
				came[id] = true;
			if ((random >> 4) % 8 == 0)
				for (size_t k = 1; k < m.count; k++)
					assert_true(m.beyond[k - 1].last + 1 < m.beyond[k].first);
		}
		while (id_mark_settle(&m, INT64_MAX, &hole))
			for (int64_t id = hole.first; id <= hole.last; id++) {
				assert_false(told[id]);
				told[id] = true;
			}
		int64_t first = 0;
		while (!came[first])
			first++;
		for (int64_t id = first; id <= m.id; id++)
			assert_true(came[id] != told[id]);
		for (int64_t id = m.id + 1; id <= IDS; id++)
			assert_false(came[id]);
		id_mark_done(&m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_there_is_nothing_to_tell),
		cmocka_unit_test(a_hole_is_told_of_when_what_is_behind_it_is_settled),
		cmocka_unit_test(a_hole_closes_when_its_ids_come),
		cmocka_unit_test(a_wide_range_swallows_narrow_ones),
		cmocka_unit_test(forgets),
		cmocka_unit_test(too_many_holes_are_refused),
		cmocka_unit_test(any_order_tells_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
