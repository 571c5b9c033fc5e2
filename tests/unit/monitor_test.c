/* Goal: who waits in a monitor is woken by a change, or by the time, whichever comes first. */
#include "clock.h"
#include "monitor.h"
#include "test.h"
#include <pthread.h>

struct shared {
	struct monitor monitor;
	int asked, answered; /* by monitor */
};

static void *answer(void *arg)
{
	struct shared *s = arg;

	monitor_enter(&s->monitor);
	while (s->answered < 1000) {
		while (s->asked == s->answered)
			monitor_wait(&s->monitor);
		s->answered = s->asked;
		monitor_changed(&s->monitor);
	}
	monitor_leave(&s->monitor);
	return NULL;
}

static void two_threads_take_turns(void **state)
{
	struct shared s = {.asked = 0};
	int64_t end_us = clock_mono_us() + 60 * SECOND_US;
	pthread_t other;

	(void)state;
	monitor_init(&s.monitor);
	assert_int_equal(pthread_create(&other, NULL, answer, &s), 0);
	monitor_enter(&s.monitor);
	for (int i = 1; i <= 1000; i++) {
		s.asked = i;
		monitor_changed(&s.monitor);
		while (s.answered != i)
			assert_true(monitor_wait_until(&s.monitor, end_us));
	}
	monitor_leave(&s.monitor);
	pthread_join(other, NULL);
	monitor_done(&s.monitor);
}

static void a_wait_ends_with_its_time(void **state)
{
	struct monitor m;
	int64_t until_us;

	(void)state;
	monitor_init(&m);
	monitor_enter(&m);
	until_us = clock_mono_us() + 30 * MS_US;
	while (monitor_wait_until(&m, until_us))
		;
	assert_true(clock_mono_us() >= until_us);
	assert_false(monitor_wait_until(&m, until_us)); /* has passed */
	monitor_leave(&m);
	monitor_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_threads_take_turns),
		cmocka_unit_test(a_wait_ends_with_its_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
