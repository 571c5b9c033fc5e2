/* Goal: more requests than the workers can take: a bounded number waits, the others are told so at once, and all counts add up. */
#include "cgi/fcgi_server.h"
#include "fcgi_client.h"
#include "metrics.h"
#include "test.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define WORKERS 2
#define QUEUE 5
#define ASKED 40

static char folder[64], path[96];
static struct fcgi_server *server;
static pthread_t thread;
static atomic_int held;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool open_now;

/* Waits until the gate is open. */
static enum handled handle(
	void *arg, int worker, const struct request *rq, struct answer *a, struct fcgi_park *park)
{
	(void)arg;
	(void)worker;
	(void)rq;
	(void)park;
	pthread_mutex_lock(&lock);
	atomic_fetch_add(&held, 1);
	pthread_cond_broadcast(&changed);
	while (!open_now)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	buf_add_str(&a->body, "done");
	return HANDLED_ANSWER;
}

static void *serve(void *arg)
{
	struct err e = {""};

	(void)arg;
	return (void *)(intptr_t)fcgi_server_run(server, &e);
}

static int start(void **state)
{
	struct fcgi_handler h = {.handle = handle};
	struct fcgi_config config = {
		.workers = WORKERS, .parked_max = 1, .queue_max = QUEUE, .prefix = "/"};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct err e = {""};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/fcgi_busy_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	memcpy(a.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 100), 0);
	assert_int_equal(dup2(fd, 0), 0);
	close(fd);
	server = fcgi_server_new(&h, &config, &e);
	assert_non_null(server);
	return pthread_create(&thread, NULL, serve, NULL);
}

static int end(void **state)
{
	void *rc;

	(void)state;
	fcgi_server_stop(server);
	pthread_join(thread, &rc);
	fcgi_server_free(server);
	unlink(path);
	rmdir(folder);
	return (int)(intptr_t)rc;
}

static void wait_held(int count)
{
	pthread_mutex_lock(&lock);
	while (atomic_load(&held) < count)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* The status of the answer; the body of a refusal names the code. */
static int status_of(int fd)
{
	char *a = fcgi_client_answer(fd, NULL);
	int status;

	assert_non_null(a);
	status = (int)strtol(a + strlen("Status: "), NULL, 10);
	if (status == 429) {
		assert_non_null(strstr(a, "Retry-After: 1\r\n"));
		assert_non_null(strstr(a, "\"code\":-1003"));
	}
	free(a);
	return status;
}

static long long metric(const char *name)
{
	struct buf b;
	const char *at;
	long long value = 0; /* until it is counted first it is not printed */

	buf_init(&b, 1 << 20);
	metrics_print(&b);
	at = strstr(b.data, name);
	if (at != NULL)
		value = strtoll(at + strlen(name), NULL, 10);
	buf_done(&b);
	return value;
}

static void a_bounded_number_waits(void **state)
{
	int busy[WORKERS], fd[ASKED], refused = 0, done = 0;

	(void)state;
	for (int i = 0; i < WORKERS; i++) {
		busy[i] = fcgi_client_connect(path);
		fcgi_client_send(busy[i], "GET", "/x", true);
	}
	wait_held(WORKERS);
	for (int i = 0; i < ASKED; i++) {
		fd[i] = fcgi_client_connect(path);
		fcgi_client_send(fd[i], "GET", "/x", true);
	}
	/* The refusals come although no worker is free; who waits gets his answer when there is one. */
	while (metric("\npricegraph_fcgi_turned_away_total ") < ASKED - QUEUE)
		sched_yield();
	pthread_mutex_lock(&lock);
	open_now = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (int i = 0; i < ASKED; i++) {
		int status = status_of(fd[i]);

		refused += status == 429;
		done += status == 200;
		close(fd[i]);
	}
	assert_int_equal(refused, ASKED - QUEUE);
	assert_int_equal(done, QUEUE);
	for (int i = 0; i < WORKERS; i++) {
		assert_int_equal(status_of(busy[i]), 200);
		close(busy[i]);
	}
	assert_int_equal(metric("\npricegraph_fcgi_turned_away_total "), ASKED - QUEUE);
	assert_int_equal(metric("\npricegraph_fcgi_requests_total "), ASKED + WORKERS);
	assert_int_equal(metric("\npricegraph_fcgi_queued_max "), QUEUE);
}

static void goes_on_afterwards(void **state)
{
	int fd = fcgi_client_connect(path);

	(void)state;
	for (int i = 0; i < 20; i++) {
		fcgi_client_send(fd, "GET", "/x", true);
		assert_int_equal(status_of(fd), 200);
	}
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bounded_number_waits),
		cmocka_unit_test(goes_on_afterwards),
	};
	return cmocka_run_group_tests(tests, start, end);
}
