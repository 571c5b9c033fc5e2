/* Goal: CORS is off by default, opens what was named and nothing else. */
#include "cgi/cors.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

static struct cors *with(const char *assignment, const char *wrong)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);
	struct cors *c = (struct cors *)(uintptr_t)1;
	int rc;

	assert_non_null(s);
	assert_int_equal(settings_set(s, assignment, &e), 0);
	rc = cors_new(s, &c, &e);
	settings_free(s);
	assert_int_equal(rc, wrong ? -1 : 0);
	if (wrong && !strstr(e.text, wrong))
		fail_msg("%s", e.text);
	return c;
}

static struct request request(const char *method, const char *origin)
{
	return (struct request){.method = method, .path = "/x", .query = "", .origin = origin};
}

static void is_off_by_default(void **state)
{
	struct request rq = request("OPTIONS", "https://a.example");
	struct answer a = {.status = 200};

	(void)state;
	assert_null(with("web.cors=", NULL));
	assert_null(cors_lines(NULL, "https://a.example"));
	assert_false(cors_preflight(NULL, &rq, &a));
	assert_int_equal(a.status, 200);
}

static void opens_to_all(void **state)
{
	struct cors *c = with("web.cors=*", NULL);

	(void)state;
	assert_string_equal(cors_lines(c, "https://a.example"),
		"Access-Control-Allow-Origin: *\r\nAccess-Control-Expose-Headers: ETag, "
		"Retry-After\r\n");
	assert_string_equal(cors_lines(c, ""), cors_lines(c, "https://a.example"));
	cors_free(c);
}

static void opens_to_those_that_are_named(void **state)
{
	struct cors *c = with("web.cors=https://a.example, http://b.example:8080", NULL);
	static const char *const others[] = {"", "null", "https://a.example:443",
		"http://a.example", "https://a.example.evil", "https://a.exampl",
		"http://b.example", "*"};

	(void)state;
	assert_string_equal(cors_lines(c, "https://a.example"),
		"Access-Control-Allow-Origin: https://a.example\r\n"
		"Access-Control-Expose-Headers: ETag, Retry-After\r\nVary: Origin\r\n");
	assert_non_null(
		strstr(cors_lines(c, "http://b.example:8080"), "http://b.example:8080\r\n"));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_string_equal(cors_lines(c, others[i]), "Vary: Origin\r\n");
	cors_free(c);
}

static void answers_before_the_request(void **state)
{
	struct cors *c = with("web.cors=*", NULL);
	struct request rq = request("OPTIONS", "https://a.example");
	struct answer a = {.status = 200};

	(void)state;
	assert_true(cors_preflight(c, &rq, &a));
	assert_int_equal(a.status, 204);
	assert_non_null(strstr(a.headers, "Access-Control-Allow-Methods: GET, HEAD\r\n"));
	assert_non_null(strstr(a.headers, "Allow: GET, HEAD, OPTIONS\r\n"));
	assert_non_null(strstr(a.headers, "If-None-Match"));
	assert_string_equal(a.headers + strlen(a.headers) - 2, "\r\n");
	rq.method = "GET";
	assert_false(cors_preflight(c, &rq, &a));
	cors_free(c);
}

static void names_what_is_no_origin(void **state)
{
	static const char *const bad[] = {"a.example", "https://", "://a", "https://a.example/",
		"https://a.example/x", "https://*.example", "https://a b", "https://u@a.example",
		"https://a.example\\", "https://a\"b"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char assignment[100];

		snprintf(assignment, sizeof(assignment), "web.cors=https://ok.example,%s", bad[i]);
		assert_null(with(assignment, bad[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_off_by_default),
		cmocka_unit_test(opens_to_all),
		cmocka_unit_test(opens_to_those_that_are_named),
		cmocka_unit_test(answers_before_the_request),
		cmocka_unit_test(names_what_is_no_origin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
