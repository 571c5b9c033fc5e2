/* Goal: each key that is wanted is made once, on another thread, however often it is wanted meanwhile; too many are turned away. */
#include "cgi/chart_refresh.h"
#include "metrics.h"
#include "test.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool held;
static int begun, made;
static char last[100];

static void make(void *arg, const char *key, size_t key_len)
{
	assert_ptr_equal(arg, last);
	assert_int_equal(strlen(key), key_len);
	pthread_mutex_lock(&lock);
	snprintf(last, sizeof(last), "%s", key);
	begun++;
	pthread_cond_broadcast(&changed);
	while (held)
		pthread_cond_wait(&changed, &lock);
	made++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void hold(bool yes)
{
	pthread_mutex_lock(&lock);
	held = yes;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void wait_for(const int *count, int at_least)
{
	pthread_mutex_lock(&lock);
	while (*count < at_least)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static struct chart_refresh *begin(void)
{
	struct chart_refresh_owner owner = {make, last};
	struct err e = {""};
	struct chart_refresh *r = chart_refresh_new(&owner, &e);

	begun = made = 0;
	assert_non_null(r);
	return r;
}

static void want(struct chart_refresh *r, const char *key)
{
	chart_refresh_want(r, key, strlen(key));
}

static void each_is_made_once(void **state)
{
	struct chart_refresh *r = begin();

	(void)state;
	hold(true);
	want(r, "a");
	wait_for(&begun, 1);
	for (int i = 0; i < 100; i++) {
		want(r, "a");
		want(r, "b");
		want(r, "ab");
	}
	hold(false);
	wait_for(&made, 3);
	want(r, "a");
	wait_for(&made, 4);
	assert_string_equal(last, "a");
	chart_refresh_free(r);
	assert_int_equal(made, 4);
}

static void too_many_are_turned_away(void **state)
{
	struct chart_refresh *r = begin();
	char key[20];

	(void)state;
	hold(true);
	for (int i = 0; i < 100; i++) {
		snprintf(key, sizeof(key), "key %d", i);
		want(r, key);
	}
	hold(false);
	wait_for(&made, 64);
	assert_string_equal(last, "key 63");
	want(r, "key 99");
	wait_for(&made, 65);
	chart_refresh_free(r);
	assert_int_equal(made, 65);
}

static void what_waits_at_the_end_is_dropped(void **state)
{
	struct chart_refresh *r = begin();

	(void)state;
	chart_refresh_free(r);
	chart_refresh_free(NULL);
	assert_int_equal(made, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_made_once),
		cmocka_unit_test(too_many_are_turned_away),
		cmocka_unit_test(what_waits_at_the_end_is_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
