#include "cgi/problem.h"
#include "cgi/request.h"
#include "test.h"
#include <string.h>

static struct answer a;
static struct buf out;

static int set_up(void **state)
{
	(void)state;
	a = (struct answer){.status = 200, .content_type = "application/json"};
	buf_init(&a.body, 4000);
	buf_init(&out, 8000);
	buf_add_str(&a.body, "{}\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_done(&a.body);
	buf_done(&out);
	return 0;
}

static void prints_an_answer(void **state)
{
	(void)state;
	strncpy(a.etag, "W/\"1\"", sizeof(a.etag) - 1);
	strncpy(a.headers, "X-A: 1\r\nX-B: 2\r\n", sizeof(a.headers) - 1);
	answer_print(&a, false, &out);
	assert_string_equal(out.data,
		"Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n"
		"ETag: W/\"1\"\r\nX-A: 1\r\nX-B: 2\r\n\r\n{}\n");
}

static void keeps_the_body_from_head(void **state)
{
	(void)state;
	answer_print(&a, true, &out);
	assert_string_equal(out.data, "Status: 200 OK\r\nContent-Type: application/json\r\n"
				      "Content-Length: 3\r\n\r\n");
}

static void keeps_the_body_from_304(void **state)
{
	(void)state;
	a.status = 304;
	strncpy(a.etag, "W/\"1\"", sizeof(a.etag) - 1);
	answer_print(&a, false, &out);
	assert_string_equal(out.data, "Status: 304 Not Modified\r\nETag: W/\"1\"\r\n\r\n");
}

static void prints_a_problem(void **state)
{
	(void)state;
	strncpy(a.etag, "W/\"1\"", sizeof(a.etag) - 1);
	problem_answer(&a, PROBLEM_BAD_SYMBOL, "No symbol \"%s\".", "X");
	answer_print(&a, false, &out);
	assert_null(strstr(out.data, "ETag"));
	assert_non_null(strstr(out.data, "Status: 400 Bad Request\r\n"));
	assert_non_null(strstr(out.data, "Content-Type: application/problem+json\r\n"));
	assert_non_null(strstr(out.data,
		"{\"type\":\"urn:pricegraph:problem:invalid-symbol\",\"title\":\"Invalid symbol\","
		"\"status\":400,\"detail\":\"No symbol \\\"X\\\".\",\"code\":-1121,"
		"\"msg\":\"Invalid symbol.\"}\n"));
}

static void adds_the_headers_of_problems(void **state)
{
	(void)state;
	problem_answer(&a, PROBLEM_METHOD, "only GET");
	assert_int_equal(a.status, 405);
	assert_non_null(strstr(a.headers, "Allow: GET, HEAD\r\n"));
	problem_answer(&a, PROBLEM_UNAVAILABLE, "away");
	assert_int_equal(a.status, 503);
	assert_non_null(strstr(a.headers, "Retry-After: 1\r\n"));
	assert_null(strstr(a.headers, "Allow"));
	assert_null(strstr(a.body.data, "only GET"));
}

static void every_problem_has_a_status(void **state)
{
	(void)state;
	for (int p = PROBLEM_UNKNOWN_PARAM; p <= PROBLEM_INTERNAL; p++) {
		problem_answer(&a, (enum problem)p, "%s", "why");
		buf_reset(&out);
		answer_print(&a, false, &out);
		assert_in_range(a.status, 400, 503);
		assert_null(strstr(out.data, "Other"));
		assert_non_null(strstr(out.data, "\"detail\":\"why\""));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(prints_an_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_the_body_from_head, set_up, tear_down),
		cmocka_unit_test_setup_teardown(keeps_the_body_from_304, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prints_a_problem, set_up, tear_down),
		cmocka_unit_test_setup_teardown(adds_the_headers_of_problems, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_problem_has_a_status, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
