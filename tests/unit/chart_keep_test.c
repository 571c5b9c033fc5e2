/* Goal: answers are kept, and what is told from memory is as true as what the database would say. */
#include "chart_rows.h"
#include <time.h>

#define INITIAL "symbol=A&interval=1s&limit=10"
#define COMMIT "UPDATE partition SET revision = revision + 1 WHERE venue = 'replay-t' AND i = 3"

static struct fcgi_ready ready;

static struct pg_to_chart *keeping(const char *reader, const char *keep)
{
	struct err e = {""};
	char assignment[100];

	snprintf(assignment, sizeof(assignment), "chart.keep=%s", keep);
	pg_to_chart_free(chart_with(reader));
	assert_int_equal(settings_set(settings, assignment, &e), 0);
	return pg_to_chart_new(settings, 2, &e);
}

/* The clock stands, so that nothing but commits makes answers different. */
static int begin_kept(void **state)
{
	if (begin(state) != 0)
		return -1;
	pg_to_chart_free(chart);
	chart = NULL;
	if (database == NULL)
		return 0;
	chart = keeping(database_as("pricegraph_reader"), "1000");
	return chart ? 0 : -1;
}

static int64_t metric(const char *name)
{
	char line[100], *at;
	struct answer saved = a;
	int64_t value;

	memset(&a, 0, sizeof(a));
	buf_init(&a.body, 1 << 20);
	get("/metrics", "");
	snprintf(line, sizeof(line), "\n%s ", name);
	at = a.body.len > 0 ? strstr(a.body.data, line) : NULL; /* nothing was counted yet */
	value = at ? strtoll(at + strlen(line), NULL, 10) : 0;
	buf_done(&a.body);
	a = saved;
	return value;
}

#define HITS "pricegraph_chart_cache_hits_total"
#define MISSES "pricegraph_chart_cache_misses_total"

/* Whether the epoll thread would have answered it. */
static bool is_ready(const char *query, const char *if_none_match)
{
	struct request rq = {.method = "GET",
		.path = "/api/v1/initial",
		.query = query,
		.if_none_match = if_none_match,
		.accept = ""};

	if (!pg_to_chart_now(chart, &rq, &ready))
		return false;
	pg_to_chart_now_done(&ready);
	return true;
}

static void is_made_once(void **state)
{
	char first[20000];
	int64_t misses, hits;

	(void)state;
	database_needed();
	misses = metric(MISSES);
	hits = metric(HITS);
	snprintf(first, sizeof(first), "%s", get("/api/v1/initial", INITIAL));
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.headers, "X-Accel-Expires: @"));
	assert_non_null(strstr(a.headers, "Cache-Control: no-cache"));
	assert_string_equal(get("/api/v1/initial", INITIAL), first);
	assert_string_equal(get("/api/v1/initial", "limit=10&symbol=A&interval=1s"), first);
	assert_int_equal(metric(MISSES) - misses, 1);
	assert_int_equal(metric(HITS) - hits, 2);
	/* The rows have changed, and no commit says so: this is what a hit looks like. */
	database_run(
		"UPDATE candle_1s SET close = 19.75 WHERE symbol = 'A' AND open_us = " US("294"));
	assert_string_equal(get("/api/v1/initial", INITIAL), first);
	database_run(COMMIT);
	do
		get("/api/v1/initial", INITIAL);
	while (strcmp(a.body.data, first) == 0);
	assert_non_null(strstr(a.body.data, "\"19.75000000\""));
	database_run(
		"UPDATE candle_1s SET close = 19.5 WHERE symbol = 'A' AND open_us = " US("294"));
	database_run(COMMIT);
}

static void is_ready_for_the_epoll_thread(void **state)
{
	struct buf body;

	(void)state;
	database_needed();
	get("/api/v1/initial", INITIAL "&end=1723161900000");
	while (!is_ready(INITIAL "&end=1723161900000", "")) /* a beat or a commit was in between */
		get("/api/v1/initial", INITIAL "&end=1723161900000");
	assert_int_equal(ready.head.status, 200);
	buf_init(&body, 1 << 20);
	for (int i = 0; i < ready.count; i++)
		buf_add(&body, ready.pieces[i].iov_base, ready.pieces[i].iov_len);
	assert_string_equal(body.data, a.body.data);
	buf_done(&body);
	assert_false(is_ready(INITIAL "&limit=10", ""));
	assert_false(is_ready("symbol=NOSUCH&interval=1s", ""));
	get("/api/v1/initial", "symbol=NOSUCH&interval=1s");
	assert_int_equal(a.status, 400);
	assert_false(is_ready("symbol=NOSUCH&interval=1s", "")); /* problems are not kept */
}

static void who_has_it_is_told_so(void **state)
{
	static const char query[] = "symbol=A&interval=1m&from=1723161600000&since=1.3";
	struct request rq = {
		.method = "GET", .path = "/api/v1/periodic", .query = query, .accept = ""};
	char tag[64];
	int64_t misses;

	(void)state;
	database_needed();
	misses = metric(MISSES);
	ask("GET", "/api/v1/periodic", query, "");
	assert_int_equal(a.status, 200);
	snprintf(tag, sizeof(tag), "%s", a.etag);
	ask("GET", "/api/v1/periodic", query, tag);
	assert_int_equal(a.status, 304);
	assert_int_equal(a.body.len, 0);
	assert_string_equal(a.etag, tag);
	assert_int_equal(metric(MISSES) - misses, 1);
	rq.if_none_match = tag;
	while (!pg_to_chart_now(chart, &rq, &ready))
		ask("GET", "/api/v1/periodic", query, tag);
	assert_int_equal(ready.head.status, 304);
	assert_int_equal(ready.count, 0);
	pg_to_chart_now_done(&ready);
	database_run(COMMIT);
	do
		ask("GET", "/api/v1/periodic", query, tag);
	while (a.status == 304);
	assert_int_equal(a.status, 200); /* made for all: it has a body and another tag */
	assert_string_not_equal(a.etag, tag);
	assert_true(a.body.len > 0);
}

static void lag_goes_on_and_stale_is_told(void **state)
{
	struct timespec tick = {.tv_nsec = 20000000};
	int64_t lag_ms;
	char sql[300];

	(void)state;
	database_needed();
	snprintf(sql, sizeof(sql),
		"UPDATE span SET speed = 1, clock_us = to_us + 1000000, alive_us = %" PRId64,
		clock_wall_us());
	database_run(sql);
	database_run(COMMIT);
	do
		get("/api/v1/initial", INITIAL);
	while (strstr(a.body.data, "\"state\":\"stale\""));
	lag_ms = strtoll(member("lag_ms"), NULL, 10);
	assert_in_range(lag_ms, 1000, 20000);
	nanosleep(&tick, NULL);
	get("/api/v1/initial", INITIAL);
	assert_true(strtoll(member("lag_ms"), NULL, 10) >= lag_ms + 20);
	/* Ten seconds without a control record, and without a commit. */
	snprintf(
		sql, sizeof(sql), "UPDATE span SET alive_us = %" PRId64, clock_wall_us() - 9800000);
	database_run(sql);
	database_run(COMMIT);
	do
		get("/api/v1/initial", INITIAL);
	while (strtoll(member("lag_ms"), NULL, 10) < 9000);
	for (int i = 0; i < 500 && !strstr(a.body.data, "\"state\":\"stale\""); i++) {
		nanosleep(&tick, NULL);
		get("/api/v1/initial", INITIAL);
	}
	IS("state", "\"stale\"");
	assert_non_null(strstr(member("gaps"), "\"cause\":\"feed\""));
	database_run("UPDATE span SET speed = 0, alive_us = " US("900") ", clock_us = " US("302"));
	database_run(COMMIT);
}

static void without_a_database_the_last_is_told_as_stale(void **state)
{
	char sql[200], body[20000];
	int64_t begin_us;

	(void)state;
	database_needed();
	database_run("UPDATE span SET ended = true");
	database_run(COMMIT);
	do
		get("/api/v1/initial", INITIAL);
	while (!strstr(a.body.data, "\"state\":\"replay\""));
	snprintf(body, sizeof(body), "%s", a.body.data);
	snprintf(sql, sizeof(sql), "REVOKE CONNECT ON DATABASE %s FROM PUBLIC", database_name);
	database_run(sql);
	database_run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
		     "application_name LIKE "
		     "'pricegraph-chart%' AND datname = current_database()");
	begin_us = clock_mono_us();
	do
		get("/api/v1/initial", INITIAL);
	while (!strstr(a.body.data, "\"state\":\"stale\""));
	assert_true(clock_mono_us() - begin_us < 5 * SECOND_US);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.headers, "Cache-Control: no-store\r\n");
	assert_string_equal(a.etag, "");
	assert_string_equal(strstr(a.body.data, "\"from\""), strstr(body, "\"from\""));
	refuses("GET", "/api/v1/initial", "symbol=B&interval=1s&limit=77", 503, "Retry-After: 1");
	refuses("GET", "/api/v1/initial", "symbol=B&interval=1x", 400, "-1120");
	assert_true(metric("pricegraph_chart_told_stale_total") > 0);
	assert_false(is_ready(INITIAL, ""));
	snprintf(sql, sizeof(sql), "GRANT CONNECT ON DATABASE %s TO PUBLIC", database_name);
	database_run(sql);
	begin_us = clock_mono_us();
	do
		get("/api/v1/initial", INITIAL);
	while (strstr(a.body.data, "\"state\":\"stale\""));
	assert_true(clock_mono_us() - begin_us < 5 * SECOND_US);
	database_run("UPDATE span SET ended = false");
	database_run(COMMIT);
}

static void nobody_waits_for_a_commit(void **state)
{
	int64_t misses, told;
	char first[64];

	(void)state;
	database_needed();
	get("/api/v1/initial", INITIAL);
	while (!is_ready(INITIAL, ""))
		get("/api/v1/initial", INITIAL);
	snprintf(first, sizeof(first), "%s", ready.head.etag);
	misses = metric(MISSES);
	told = metric("pricegraph_chart_cache_before_total");
	database_run(COMMIT);
	/* The epoll thread never has to ask a worker: it tells the one of before until the new one is there. */
	do
		assert_true(is_ready(INITIAL, ""));
	while (strcmp(ready.head.etag, first) == 0);
	assert_int_equal(metric(MISSES) - misses, 1);
	assert_true(metric("pricegraph_chart_cache_before_total") > told);
}

static void a_list_is_made_once_a_second(void **state)
{
	int64_t misses = 0, begin_us;
	int made;

	(void)state;
	database_needed();
	misses = metric(MISSES);
	begin_us = clock_mono_us();
	while (clock_mono_us() - begin_us < 1200 * MS_US) {
		database_run(COMMIT);
		get("/api/v1/symbols", "");
		assert_int_equal(a.status, 200);
	}
	made = (int)(metric(MISSES) - misses);
	assert_in_range(made, 2, 1 + (clock_mono_us() - begin_us) / SECOND_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_made_once),
		cmocka_unit_test(is_ready_for_the_epoll_thread),
		cmocka_unit_test(who_has_it_is_told_so),
		cmocka_unit_test(lag_goes_on_and_stale_is_told),
		cmocka_unit_test(without_a_database_the_last_is_told_as_stale),
		cmocka_unit_test(nobody_waits_for_a_commit),
		cmocka_unit_test(a_list_is_made_once_a_second),
	};
	return cmocka_run_group_tests(tests, begin_kept, end);
}
