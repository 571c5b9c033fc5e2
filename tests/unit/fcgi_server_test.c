/* fcgi_server over a real unix socket: answers, kept connections, parking, leaving, refusing, stopping, silent peers. */
#include "cgi/fcgi_server.h"
#include "fcgi_client.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#define PARKED_MAX 300
#define QUEUE_MAX 400

static char folder[64], path[96];
static struct fcgi_server *server;
static struct cors *cors;
static pthread_t thread;
static atomic_int parked, forgotten, published;

static enum handled handle(
	void *arg, int worker, const struct request *rq, struct answer *a, struct fcgi_park *park)
{
	(void)arg;
	(void)worker;
	if (strcmp(rq->path, "/park") == 0) {
		park->wait_us = strtoll(rq->query, NULL, 10) * 1000;
		park->context = (void *)(intptr_t)atomic_load(&published);
		atomic_fetch_add(&parked, 1);
		return HANDLED_PARK;
	}
	a->status = 200;
	a->content_type = "text/plain";
	if (strcmp(rq->path, "/big") == 0) {
		for (int i = 0; i < 300000; i++)
			buf_add_str(&a->body, "0123456789");
	} else {
		buf_printf(&a->body, "%s|%s|%s", rq->method, rq->path, rq->query);
	}
	return HANDLED_ANSWER;
}

static bool resume(void *arg, void *context, bool timed_out, struct answer *a)
{
	(void)arg;
	int now = atomic_load(&published);
	if (now == (int)(intptr_t)context && !timed_out)
		return false;
	a->status = 200;
	a->content_type = "text/plain";
	buf_printf(&a->body, "%s", timed_out ? "over" : "event");
	return true;
}

static void forget(void *arg, void *context)
{
	(void)arg;
	(void)context;
	atomic_fetch_add(&forgotten, 1);
}

static void *serve(void *arg)
{
	struct err e = {{0}};
	(void)arg;
	return (void *)(intptr_t)fcgi_server_run(server, &e);
}

static int listen_at(const char *name)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", name);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 1024), 0);
	return fd;
}

static int start(void **state)
{
	struct fcgi_handler h = {.handle = handle, .resume = resume, .forget = forget};
	struct err e = {{0}};
	struct fcgi_config config = {.workers = 2,
		.parked_max = PARKED_MAX,
		.queue_max = QUEUE_MAX,
		.prefix = "/x",
		.cors = cors};
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/fcgi_server_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	int fd = listen_at(path);
	assert_int_equal(dup2(fd, 0), 0);
	close(fd);
	atomic_store(&parked, 0);
	atomic_store(&forgotten, 0);
	server = fcgi_server_new(&h, &config, &e);
	assert_non_null(server);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	return 0;
}

static void stop(void)
{
	void *rc;
	fcgi_server_stop(server);
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_int_equal((intptr_t)rc, 0);
	fcgi_server_free(server);
	server = NULL;
}

static int end(void **state)
{
	(void)state;
	if (server != NULL)
		stop();
	unlink(path);
	rmdir(folder);
	return 0;
}

/* Waits for a condition, at most 10 s. */
static void until(atomic_int *what, int value)
{
	struct timespec tick = {.tv_nsec = 1000000};
	for (int i = 0; i < 10000 && atomic_load(what) != value; i++)
		nanosleep(&tick, NULL);
	assert_int_equal(atomic_load(what), value);
}

static void publish(void)
{
	atomic_fetch_add(&published, 1);
	fcgi_server_wake(server);
}

static void ask(int fd, const char *method, const char *uri, const char *body)
{
	fcgi_client_send(fd, method, uri, true);
	char *a = fcgi_client_answer(fd, NULL);
	assert_non_null(a);
	char *text = strstr(a, "\r\n\r\n");
	assert_non_null(text);
	assert_string_equal(text + 4, body);
	assert_non_null(strstr(a, "Status: 200"));
	free(a);
}

static void leaves_signals_alone(void **state)
{
	const int signals[] = {SIGTERM, SIGINT, SIGUSR1};
	struct sigaction now;
	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		assert_int_equal(sigaction(signals[i], NULL, &now), 0);
		assert_true(now.sa_handler == SIG_DFL);
	}
}

static void answers_over_one_kept_connection(void **state)
{
	(void)state;
	int fd = fcgi_client_connect(path);
	for (int i = 0; i < 100; i++) {
		ask(fd, "GET", "/x/a?b=1", "GET|/a|b=1");
		ask(fd, "GET", "/x/", "GET|/|");
		ask(fd, "GET", "/elsewhere", "GET||");
		ask(fd, "HEAD", "/x/a", "");
	}
	close(fd);
}

static void closes_when_not_kept(void **state)
{
	char byte;
	(void)state;
	int fd = fcgi_client_connect(path);
	fcgi_client_send(fd, "GET", "/x/a", false);
	char *a = fcgi_client_answer(fd, NULL);
	assert_non_null(a);
	free(a);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
}

static void finishes_a_partial_write(void **state)
{
	size_t len;
	(void)state;
	int slow = fcgi_client_connect(path), fast = fcgi_client_connect(path);
	fcgi_client_send(slow, "GET", "/x/big", true);
	/* The answer exceeds every socket buffer, and nobody reads: others are served all the same. */
	for (int i = 0; i < 20; i++)
		ask(fast, "GET", "/x/a", "GET|/a|");
	char *a = fcgi_client_answer(slow, &len);
	assert_non_null(a);
	assert_true(len > 3000000);
	assert_memory_equal(a + len - 10, "0123456789", 10);
	free(a);
	ask(slow, "GET", "/x/a", "GET|/a|");
	close(slow);
	close(fast);
}

static void wakes_all_that_are_parked(void **state)
{
	int fd[PARKED_MAX];
	(void)state;
	for (int i = 0; i < PARKED_MAX; i++) {
		fd[i] = fcgi_client_connect(path);
		fcgi_client_send(fd[i], "GET", "/x/park?60000", true);
	}
	until(&parked, PARKED_MAX);
	assert_int_equal(atomic_load(&forgotten), 0);
	publish();
	for (int i = 0; i < PARKED_MAX; i++) {
		char *a = fcgi_client_answer(fd[i], NULL);
		assert_non_null(a);
		assert_non_null(strstr(a, "\r\n\r\nevent"));
		free(a);
	}
	until(&forgotten, PARKED_MAX);
	ask(fd[0], "GET", "/x/a", "GET|/a|");
	for (int i = 0; i < PARKED_MAX; i++)
		close(fd[i]);
}

static void ends_a_wait(void **state)
{
	(void)state;
	int fd = fcgi_client_connect(path);
	ask(fd, "GET", "/x/park?1", "over");
	ask(fd, "GET", "/x/park?0", "over");
	ask(fd, "HEAD", "/x/park?30", "");
	until(&forgotten, 3);
	close(fd);
}

static void forgets_who_left(void **state)
{
	(void)state;
	int fd = fcgi_client_connect(path);
	fcgi_client_send(fd, "GET", "/x/park?60000", true);
	until(&parked, 1);
	close(fd);
	until(&forgotten, 1);
}

static void refuses_too_many(void **state)
{
	int fd[PARKED_MAX + 1];
	(void)state;
	for (int i = 0; i <= PARKED_MAX; i++) {
		fd[i] = fcgi_client_connect(path);
		fcgi_client_send(fd[i], "GET", "/x/park?60000", true);
		until(&parked, i + 1);
	}
	until(&forgotten, 1);
	publish();
	int busy = 0;
	for (int i = 0; i <= PARKED_MAX; i++) {
		char *a = fcgi_client_answer(fd[i], NULL);
		assert_non_null(a);
		busy += strstr(a, "Status: 429") != NULL;
		free(a);
		close(fd[i]);
	}
	assert_int_equal(busy, 1);
}

static void survives_bad_peers(void **state)
{
	unsigned char bytes[16384];
	char byte;
	(void)state;
	size_t len = fcgi_client_request(bytes, "GET", "/x/a", true);
	int half = fcgi_client_connect(path), junk = fcgi_client_connect(path),
	    ok = fcgi_client_connect(path);
	assert_int_equal(write(half, bytes, len / 2), len / 2);
	assert_int_equal(write(junk, "GET / HTTP/1.1\r\n\r\n", 18), 18);
	ask(ok, "GET", "/x/a", "GET|/a|");
	/* Both are closed, and the worker that one of them held is back. */
	assert_int_equal(read(junk, &byte, 1), 0);
	assert_int_equal(read(half, &byte, 1), 0);
	close(half);
	close(junk);
	for (int i = 0; i < 50; i++) {
		int gone = fcgi_client_connect(path);
		fcgi_client_send(gone, "GET", "/x/big", true);
		close(gone);
	}
	ask(ok, "GET", "/x/a", "GET|/a|");
	close(ok);
}

static void answers_the_parked_when_stopped(void **state)
{
	(void)state;
	int fd = fcgi_client_connect(path), idle = fcgi_client_connect(path);
	char byte;
	fcgi_client_send(fd, "GET", "/x/park?60000", true);
	until(&parked, 1);
	stop();
	char *a = fcgi_client_answer(fd, NULL);
	assert_non_null(a);
	assert_non_null(strstr(a, "over"));
	free(a);
	assert_int_equal(atomic_load(&forgotten), 1);
	assert_int_equal(read(idle, &byte, 1), 0);
	close(fd);
	close(idle);
}

/* Without descriptors it pauses and goes on when there are some: nobody who connected is lost. */
static void waits_for_descriptors(void **state)
{
	int held[512], count = 0;
	struct rlimit old, few;
	(void)state;
	int fd = fcgi_client_connect(path);
	ask(fd, "GET", "/x/a", "GET|/a|");
	int late = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){.rlim_cur = (rlim_t)late + 8, .rlim_max = old.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (count < 512 && (held[count] = open("/dev/null", O_RDONLY)) >= 0)
		count++;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(connect(late, (struct sockaddr *)&a, sizeof(a)), 0);
	fcgi_client_send(late, "GET", "/x/b", true);
	for (int i = 0; i < 100; i++)
		ask(fd, "GET", "/x/a", "GET|/a|");
	while (count > 0)
		close(held[--count]);
	char *b = fcgi_client_answer(late, NULL);
	assert_non_null(b);
	free(b);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	close(late);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(leaves_signals_alone, start, end),
		cmocka_unit_test_setup_teardown(answers_over_one_kept_connection, start, end),
		cmocka_unit_test_setup_teardown(closes_when_not_kept, start, end),
		cmocka_unit_test_setup_teardown(finishes_a_partial_write, start, end),
		cmocka_unit_test_setup_teardown(wakes_all_that_are_parked, start, end),
		cmocka_unit_test_setup_teardown(ends_a_wait, start, end),
		cmocka_unit_test_setup_teardown(forgets_who_left, start, end),
		cmocka_unit_test_setup_teardown(refuses_too_many, start, end),
		cmocka_unit_test_setup_teardown(survives_bad_peers, start, end),
		cmocka_unit_test_setup_teardown(answers_the_parked_when_stopped, start, end),
		cmocka_unit_test_setup_teardown(waits_for_descriptors, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
