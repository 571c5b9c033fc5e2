/* What header lines say of weight and of waiting. */
#include "daemon/rest_answer_head.h"
#include "test.h"
#include <string.h>

static struct rest_answer_head head_of(const char *const *lines)
{
	struct rest_answer_head h;

	rest_answer_head_reset(&h);
	for (; *lines; lines++)
		rest_answer_head_line(&h, *lines, strlen(*lines));
	return h;
}

#define HEAD(...) head_of((const char *const[]){__VA_ARGS__, NULL})

static void test_weight(void **state)
{
	(void)state;
	assert_int_equal(HEAD("Content-Type: x\r\n").used_weight, -1);
	assert_int_equal(HEAD("X-MBX-USED-WEIGHT-1M: 1200\r\n").used_weight, 1200);
	assert_int_equal(HEAD("x-mbx-used-weight-1m:7").used_weight, 7);
	assert_int_equal(HEAD("x-mbx-used-weight: 9\r\n").used_weight, 9);
	assert_int_equal(
		HEAD("x-mbx-used-weight: 9\r\n", "x-mbx-used-weight-1m: 8\r\n").used_weight, 8);
	assert_int_equal(
		HEAD("x-mbx-used-weight-1m: 8\r\n", "x-mbx-used-weight: 9\r\n").used_weight, 8);
	assert_int_equal(HEAD("X-MBX-USED-WEIGHT-10S: 5\r\n").used_weight, -1);
	assert_int_equal(HEAD("X-MBX-USED-WEIGHT-1M: many\r\n").used_weight, -1);
	assert_int_equal(HEAD("X-MBX-USED-WEIGHT-1M: -1\r\n").used_weight, -1);
	assert_int_equal(HEAD("X-MBX-USED-WEIGHT-1M:\r\n").used_weight, -1);
	assert_int_equal(
		HEAD("X-MBX-USED-WEIGHT-1M: 99999999999999999999\r\n").used_weight, INT32_MAX);
	assert_int_equal(HEAD("X-MBX-USED-WEIGHT-1MX: 5\r\n").used_weight, -1);
}

static void test_retry_after(void **state)
{
	(void)state;
	assert_int_equal(HEAD("Retry-After: 17 \r\n").retry_after_s, 17);
	assert_int_equal(HEAD("retry-after: Fri, 31 Dec 2027 23:59:59 GMT\r\n").retry_after_s, 0);
	assert_int_equal(HEAD("retry-after: 99999999999999\r\n").retry_after_s, 30 * 86400);
	/* of an answer before this one */
	assert_int_equal(HEAD("HTTP/1.1 200 OK\r\n", "retry-after: 3\r\n", "HTTP/1.1 200 OK\r\n")
				 .retry_after_s,
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_weight),
		cmocka_unit_test(test_retry_after),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
