/* Goal: beats tell of commits, only while somebody asks, and a database that does not answer is away within a second. */
#include "cgi/chart_pulse.h"
#include "clock.h"
#include "database.h"
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#define EVERY_US (20 * MS_US)
#define BOUND_US (40 * MS_US)

static int begin(void **state)
{
	database_begin(state);
	if (database == NULL)
		return 0;
	database_run("SELECT venue_ensure('replay-t', 5000000)");
	return 0;
}

static struct chart_pulse *start(const char *conninfo)
{
	struct err e = {""};
	struct chart_pulse *p = chart_pulse_new(conninfo, "replay-t", EVERY_US, &e);

	if (!p)
		fail_msg("%s", e.text);
	return p;
}

static void tells_of_commits(void **state)
{
	struct chart_pulse *p;
	struct chart_beat b;

	(void)state;
	database_needed();
	p = start(database_as("pricegraph_reader"));
	assert_false(chart_pulse_now(p, BOUND_US, &b)); /* nobody has asked yet */
	assert_true(chart_pulse_wait(p, BOUND_US, &b));
	assert_true(b.known);
	assert_int_equal(b.epoch, 1);
	assert_int_equal(chart_beat_revision(&b, 5), 0);
	database_run("UPDATE partition SET revision = revision + i WHERE venue = 'replay-t'");
	do
		assert_true(chart_pulse_wait(p, BOUND_US, &b));
	while (chart_beat_revision(&b, 5) == 0);
	assert_int_equal(chart_beat_revision(&b, 5), 5);
	assert_int_equal(chart_beat_revision(&b, -1), 28);
	assert_true(clock_mono_us() - b.at_us < BOUND_US + SECOND_US);
	database_run("UPDATE partition SET revision = 0 WHERE venue = 'replay-t'");
	chart_pulse_free(p);
}

static void does_not_ask_for_nobody(void **state)
{
	struct chart_pulse *p;
	struct chart_beat b;
	struct timespec a_while = {.tv_nsec = 10 * EVERY_US * 1000};
	char sql[200];

	(void)state;
	database_needed();
	p = start(database_as("pricegraph_reader"));
	assert_true(chart_pulse_wait(p, BOUND_US, &b));
	/* Until its session is idle for longer than a beat takes, it may still be at the last that was asked for. */
	snprintf(sql, sizeof(sql),
		"SELECT count(*) FROM pg_stat_activity WHERE application_name = "
		"'pricegraph-chart-pulse' AND datname = "
		"current_database() AND state = 'idle' AND state_change < clock_timestamp() - "
		"interval '%d us'",
		(int)(5 * EVERY_US));
	for (int i = 0; i < 200 && strcmp(database_text(sql), "1") != 0; i++)
		nanosleep(&a_while, NULL);
	assert_string_equal(database_text(sql), "1");
	/* Somebody is busy: it beats without being asked. */
	chart_pulse_enter(p);
	for (int i = 0; i < 200 && strcmp(database_text(sql), "0") != 0; i++)
		nanosleep(&a_while, NULL);
	assert_string_equal(database_text(sql), "0");
	chart_pulse_leave(p);
	for (int i = 0; i < 200 && strcmp(database_text(sql), "1") != 0; i++)
		nanosleep(&a_while, NULL);
	assert_string_equal(database_text(sql), "1");
	chart_pulse_free(p);
}

/* A server that takes connections and never says a word, as one that was stopped. */
static void silence_is_away(void **state)
{
	char folder[] = "/tmp/chart_pulse_test.XXXXXX", text[200];
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t begin_us = clock_mono_us();
	struct chart_pulse *p;
	struct chart_beat b;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/.s.PGSQL.5432", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 8), 0);
	snprintf(text, sizeof(text), "host=%s port=5432 user=x", folder);
	p = start(text);
	assert_false(chart_pulse_wait(p, BOUND_US, &b));
	assert_true(atomic_load(chart_pulse_away(p)));
	assert_true(clock_mono_us() - begin_us < 2 * SECOND_US); /* the machine may be busy */
	begin_us = clock_mono_us();
	assert_false(chart_pulse_wait(p, BOUND_US, &b)); /* at once, from now on */
	assert_false(chart_pulse_now(p, SECOND_US, &b));
	assert_true(clock_mono_us() - begin_us < 100 * MS_US);
	chart_pulse_free(p);
	close(fd);
	unlink(a.sun_path);
	rmdir(folder);
}

static void comes_back_by_itself(void **state)
{
	struct timespec tick = {.tv_nsec = 1000000};
	struct chart_pulse *p;
	struct chart_beat b;
	char sql[200];

	(void)state;
	database_needed();
	p = start(database_as("pricegraph_reader"));
	assert_true(chart_pulse_wait(p, BOUND_US, &b));
	snprintf(sql, sizeof(sql), "REVOKE CONNECT ON DATABASE %s FROM PUBLIC", database_name);
	database_run(sql);
	database_run(
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
		"'pricegraph-chart-pulse' AND datname = current_database()");
	while (chart_pulse_wait(p, BOUND_US, &b))
		nanosleep(&tick, NULL);
	assert_true(atomic_load(chart_pulse_away(p)));
	snprintf(sql, sizeof(sql), "GRANT CONNECT ON DATABASE %s TO PUBLIC", database_name);
	database_run(sql);
	/* Nobody has to ask. */
	for (int i = 0; i < 5000 && atomic_load(chart_pulse_away(p)); i++)
		nanosleep(&tick, NULL);
	assert_false(atomic_load(chart_pulse_away(p)));
	assert_true(chart_pulse_wait(p, BOUND_US, &b));
	chart_pulse_free(p);
}

static void without_a_venue_nothing_is_known(void **state)
{
	struct err e = {""};
	struct chart_pulse *p;
	struct chart_beat b;

	(void)state;
	database_needed();
	p = chart_pulse_new(database_as("pricegraph_reader"), "nosuch", EVERY_US, &e);
	assert_true(chart_pulse_wait(p, BOUND_US, &b));
	assert_false(b.known);
	chart_pulse_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_commits),
		cmocka_unit_test(does_not_ask_for_nobody),
		cmocka_unit_test(silence_is_away),
		cmocka_unit_test(comes_back_by_itself),
		cmocka_unit_test(without_a_venue_nothing_is_known),
	};
	return cmocka_run_group_tests(tests, begin, database_end);
}
