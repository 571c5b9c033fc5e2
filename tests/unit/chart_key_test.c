/* Goal: the same is asked for by the same key, and nothing else is. */
#include "cgi/chart_key.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

static const char *key_of(const char *path, const char *query, const char *accept)
{
	static char out[2][CHART_KEY_SIZE];
	static int next;
	struct request rq = {.path = path, .query = query, .accept = accept};
	char *key = out[next++ % 2];

	size_t len = chart_key_of(&rq, key);

	assert_int_equal(len, strlen(key));
	return key;
}

static void order_of_parameters_does_not_matter(void **state)
{
	(void)state;
	assert_string_equal(key_of("/a", "b=2&a=1&c=", ""), "/a?a=1&b=2&c= ");
	assert_string_equal(key_of("/a", "a=1&&c=&b=2&", "*/*"), "/a?a=1&b=2&c= ");
	assert_string_equal(key_of("/a", "", "application/json"), "/a ");
	assert_string_equal(key_of("/a", "ab=1&a=1&a=", ""), "/a?a=&a=1&ab=1 ");
}

static void what_differs_has_another_key(void **state)
{
	(void)state;
	assert_string_not_equal(key_of("/a", "b=1", ""), key_of("/a", "b=2", ""));
	assert_string_not_equal(key_of("/a", "", ""), key_of("/b", "", ""));
	assert_string_not_equal(key_of("/a", "a=1&a=1", ""), key_of("/a", "a=1", ""));
	assert_string_equal(
		key_of("/a", "b=1", "text/csv, */*;q=0.1"), "/a?b=1 text/csv, */*;q=0.1");
	/* A path cannot end in what looks like a query. */
	assert_string_not_equal(key_of("/a", "b", ""), key_of("/a?b", "c", ""));
}

static void is_taken_apart_again(void **state)
{
	static const char *const requests[][3] = {{"/a", "a=1&b=2", ""},
		{"/a/b", "", "text/csv, */*;q=0.1"}, {"/a", "x=?&y=%20", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		char key[CHART_KEY_SIZE];
		struct request rq = {0};

		snprintf(key, sizeof(key), "%s",
			key_of(requests[i][0], requests[i][1], requests[i][2]));
		chart_key_parse(key, &rq);
		assert_string_equal(rq.path, requests[i][0]);
		assert_string_equal(rq.query, requests[i][1]);
		assert_string_equal(rq.accept, requests[i][2]);
	}
}

static void too_much_has_none(void **state)
{
	char out[CHART_KEY_SIZE], query[CHART_KEY_SIZE + 1];

	(void)state;
	assert_int_equal(chart_key_of(&(struct request){.path = "/a",
					      .query = "",
					      .accept = "",
					      .time_unit = "MICROSECOND"},
				 out),
		0);
	memset(query, 'x', sizeof(query) - 1);
	query[sizeof(query) - 1] = '\0';
	for (size_t len = CHART_KEY_SIZE; len > 0; len--) {
		query[len] = '\0';
		size_t got = chart_key_of(
			&(struct request){.path = "/a", .query = query, .accept = ""}, out);

		assert_int_equal(got, len + 5 <= CHART_KEY_SIZE ? len + 4 : 0);
	}
	assert_int_equal(chart_key_of(&(struct request){.path = "/a",
					      .query = "1&2&3&4&5&6&7&8&9&0&a&b&c&d&e&f&g",
					      .accept = ""},
				 out),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_parameters_does_not_matter),
		cmocka_unit_test(what_differs_has_another_key),
		cmocka_unit_test(is_taken_apart_again),
		cmocka_unit_test(too_much_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
