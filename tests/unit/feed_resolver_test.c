/* Look-ups off the feed's thread. The C library's look-up is replaced by one that waits as long as the test says. */
#include "clock.h"
#include "daemon/feed_resolver.h"
#include "test.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static atomic_int look_ups, woken, answers = 2;
static atomic_bool blocked;

static void pause_ms(int64_t ms)
{
	nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

/* In place of the C library's. */
int getaddrinfo(
	const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	struct addrinfo *list = NULL;

	(void)service;
	(void)hints;
	atomic_fetch_add(&look_ups, 1);
	while (atomic_load(&blocked))
		pause_ms(1);
	if (strcmp(node, "nowhere.test") == 0)
		return EAI_NONAME;
	for (int i = atomic_load(&answers); i > 0; i--) {
		struct addrinfo *a = calloc(1, sizeof(*a) + sizeof(struct sockaddr_in));
		struct sockaddr_in *in = (struct sockaddr_in *)(a + 1);
		in->sin_family = AF_INET;
		in->sin_addr.s_addr = htonl(0x7f000000U + (unsigned)i);
		a->ai_addr = (struct sockaddr *)in;
		a->ai_addrlen = sizeof(*in);
		a->ai_next = list;
		list = a;
	}
	*out = list;
	return 0;
}

void freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;
		free(list);
		list = next;
	}
}

static void wake(void *arg)
{
	(void)arg;
	atomic_fetch_add(&woken, 1);
}

static struct feed_resolver *start(const char *host)
{
	struct err e;
	atomic_store(&look_ups, 0);
	atomic_store(&woken, 0);
	struct feed_resolver *r = feed_resolver_new(host, wake, NULL, &e);
	assert_non_null(r);
	return r;
}

static void await(atomic_int *what, int least)
{
	int64_t until_us = clock_mono_us() + 10 * SECOND_US;
	while (atomic_load(what) < least && clock_mono_us() < until_us)
		pause_ms(1);
	assert_true(atomic_load(what) >= least);
}

static void test_addresses(void **state)
{
	struct feed_resolver *r = start("exchange.test");
	struct feed_addresses got = {.count = 0};
	int64_t ticket = 0;

	(void)state;
	for (int i = 1; i <= 2; i++) { /* each time anew */
		assert_int_equal(feed_resolver_get(r, &ticket, &got, NULL), FEED_RESOLVE_WAIT);
		assert_true(ticket > 0);
		await(&woken, i);
		assert_int_equal(feed_resolver_get(r, &ticket, &got, NULL), FEED_RESOLVED);
		assert_int_equal(ticket, 0);
		assert_int_equal(atomic_load(&look_ups), i);
		assert_int_equal(got.count, 2);
		assert_string_equal(got.text[0], "127.0.0.1");
		assert_string_equal(got.text[1], "127.0.0.2");
	}
	feed_resolver_free(r);
}

static void test_more_than_are_kept(void **state)
{
	struct feed_resolver *r = start("exchange.test");
	struct feed_addresses got = {.count = 0};
	int64_t ticket = 0;

	(void)state;
	atomic_store(&answers, FEED_ADDRESSES_MAX + 5);
	feed_resolver_get(r, &ticket, &got, NULL);
	await(&woken, 1);
	assert_int_equal(feed_resolver_get(r, &ticket, &got, NULL), FEED_RESOLVED);
	assert_int_equal(got.count, FEED_ADDRESSES_MAX);
	atomic_store(&answers, 2);
	feed_resolver_free(r);
}

static void test_no_such_host(void **state)
{
	struct feed_resolver *r = start("nowhere.test");
	struct feed_addresses got = {.count = 7};
	struct err e = {""};
	int64_t ticket = 0;

	(void)state;
	feed_resolver_get(r, &ticket, &got, &e);
	await(&woken, 1);
	assert_int_equal(feed_resolver_get(r, &ticket, &got, &e), FEED_UNRESOLVED);
	assert_non_null(strstr(e.text, "nowhere.test"));
	assert_int_equal(got.count, 7);
	feed_resolver_free(r);
}

/* Nobody waits for a slow one; who asks meanwhile shares its answer; the end does not wait for it either. */
static void test_slow(void **state)
{
	struct feed_resolver *r = start("exchange.test");
	struct feed_addresses got;
	int64_t first = 0, second = 0, began_us = clock_mono_us();

	(void)state;
	atomic_store(&blocked, true);
	assert_int_equal(feed_resolver_get(r, &first, &got, NULL), FEED_RESOLVE_WAIT);
	await(&look_ups, 1);
	assert_int_equal(feed_resolver_get(r, &second, &got, NULL), FEED_RESOLVE_WAIT);
	assert_int_equal(feed_resolver_get(r, &first, &got, NULL), FEED_RESOLVE_WAIT);
	assert_true(clock_mono_us() - began_us < SECOND_US);
	atomic_store(&blocked, false);
	await(&woken, 1);
	assert_int_equal(feed_resolver_get(r, &first, &got, NULL), FEED_RESOLVED);
	assert_int_equal(feed_resolver_get(r, &second, &got, NULL), FEED_RESOLVED);
	assert_int_equal(atomic_load(&look_ups), 1);
	feed_resolver_free(r);
}

static void test_end_within_a_look_up(void **state)
{
	struct feed_resolver *r = start("exchange.test");
	struct feed_addresses got;
	int64_t ticket = 0;

	(void)state;
	atomic_store(&blocked, true);
	feed_resolver_get(r, &ticket, &got, NULL);
	await(&look_ups, 1);
	int64_t began_us = clock_mono_us();
	feed_resolver_free(r);
	assert_true(clock_mono_us() - began_us < SECOND_US);
	atomic_store(&blocked, false);
	pause_ms(50); /* that it wakes nobody takes a time to see */
	assert_int_equal(atomic_load(&woken), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_more_than_are_kept),
		cmocka_unit_test(test_no_such_host),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_end_within_a_look_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
