/* Goal: what is ready is answered by the epoll thread, without a worker; everything else as before, over the same connection. */
#include "cgi/fcgi_server.h"
#include "fcgi_client.h"
#include "test.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define BIG 1000000

static char folder[64], path[96], big[BIG];
static struct fcgi_server *server;
static pthread_t thread;
static atomic_int by_worker, lent, blocked;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static enum handled handle(
	void *arg, int worker, const struct request *rq, struct answer *a, struct fcgi_park *park)
{
	(void)arg;
	(void)worker;
	(void)park;
	atomic_fetch_add(&by_worker, 1);
	if (strcmp(rq->path, "/slow") == 0) {
		atomic_fetch_add(&blocked, 1);
		pthread_mutex_lock(&gate);
		pthread_mutex_unlock(&gate);
	}
	buf_printf(&a->body, "worker %s", rq->path);
	return HANDLED_ANSWER;
}

static bool now(void *arg, const struct request *rq, struct fcgi_ready *out)
{
	(void)arg;
	if (strncmp(rq->path, "/now", 4) != 0)
		return false;
	memset(out, 0, sizeof(*out));
	out->head.status = strcmp(rq->if_none_match, "") == 0 ? 200 : 304;
	out->head.content_type = "text/plain";
	snprintf(out->head.headers, sizeof(out->head.headers), "X-A: b\r\n");
	snprintf(out->scratch, sizeof(out->scratch), "ready %s", rq->query);
	out->pieces[0] = (struct iovec){out->scratch, strlen(out->scratch)};
	out->count = 1;
	if (strcmp(rq->path, "/now/big") == 0)
		out->pieces[out->count++] = (struct iovec){big, BIG};
	if (strcmp(rq->path, "/now/huge") == 0)
		for (int i = 0; i < 3; i++)
			out->pieces[out->count++] = (struct iovec){big, BIG};
	atomic_fetch_add(&lent, 1);
	return true;
}

static void now_done(void *arg, struct fcgi_ready *r)
{
	(void)arg;
	(void)r;
	atomic_fetch_sub(&lent, 1);
}

static void *serve(void *arg)
{
	struct err e = {{0}};

	(void)arg;
	return (void *)(intptr_t)fcgi_server_run(server, &e);
}

static int start(void **state)
{
	struct fcgi_handler h = {.handle = handle, .now = now, .now_done = now_done};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct err e = {{0}};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	memset(big, 'x', sizeof(big));
	snprintf(folder, sizeof(folder), "/tmp/fcgi_now_test.XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 64), 0);
	assert_int_equal(dup2(fd, 0), 0);
	close(fd);
	atomic_store(&by_worker, 0);
	atomic_store(&blocked, 0);
	server = fcgi_server_new(&h,
		&(struct fcgi_config){
			.workers = 1, .parked_max = 10, .queue_max = 100, .prefix = "/x"},
		&e);
	assert_non_null(server);
	assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
	return 0;
}

static int end(void **state)
{
	void *rc;

	(void)state;
	fcgi_server_stop(server);
	assert_int_equal(pthread_join(thread, &rc), 0);
	assert_int_equal((intptr_t)rc, 0);
	fcgi_server_free(server);
	assert_int_equal(atomic_load(&lent), 0);
	unlink(path);
	rmdir(folder);
	return 0;
}

static void ask(int fd, const char *method, const char *uri, const char *head, const char *body)
{
	fcgi_client_send(fd, method, uri, true);
	char *a = fcgi_client_answer(fd, NULL), *text;

	assert_non_null(a);
	text = strstr(a, "\r\n\r\n");
	assert_non_null(text);
	assert_string_equal(text + 4, body);
	assert_non_null(strstr(a, head));
	free(a);
}

static void what_is_ready_needs_no_worker(void **state)
{
	int fd = fcgi_client_connect(path);

	(void)state;
	for (int i = 0; i < 100; i++) {
		ask(fd, "GET", "/x/now?a",
			"Status: 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\nX-A: "
			"b\r\n",
			"ready a");
		ask(fd, "HEAD", "/x/now?a", "Content-Length: 7\r\n", "");
	}
	assert_int_equal(atomic_load(&by_worker), 0);
	ask(fd, "GET", "/x/else", "Content-Length: 12\r\n", "worker /else");
	ask(fd, "GET", "/x/now?a", "200", "ready a");
	assert_int_equal(atomic_load(&by_worker), 1);
	close(fd);
}

static void a_busy_worker_delays_nobody(void **state)
{
	int slow = fcgi_client_connect(path), fd = fcgi_client_connect(path);
	struct timespec tick = {.tv_nsec = 1000000};
	char *a;

	(void)state;
	pthread_mutex_lock(&gate);
	fcgi_client_send(slow, "GET", "/x/slow", true);
	for (int i = 0; i < 10000 && atomic_load(&blocked) == 0; i++)
		nanosleep(&tick, NULL);
	ask(fd, "GET", "/x/now?b", "200", "ready b"); /* the only worker is busy */
	pthread_mutex_unlock(&gate);
	a = fcgi_client_answer(slow, NULL);
	assert_non_null(a);
	free(a);
	close(slow);
	close(fd);
}

static void finishes_what_the_peer_takes_slowly(void **state)
{
	int slow = fcgi_client_connect(path), fast = fcgi_client_connect(path);
	size_t len;
	char *a;

	(void)state;
	fcgi_client_send(slow, "GET", "/x/now/big?c", true);
	ask(fast, "GET", "/x/now?d", "200", "ready d");
	a = fcgi_client_answer(slow, &len);
	assert_non_null(a);
	assert_string_equal(strstr(a, "\r\n\r\n") + 4 + 7 + BIG - 3, "xxx");
	assert_non_null(strstr(a, "\r\n\r\nready cxxx"));
	free(a);
	ask(slow, "GET", "/x/now?e", "200", "ready e");
	close(slow);
	close(fast);
}

static void what_is_too_great_or_comes_in_pieces_is_a_workers(void **state)
{
	unsigned char bytes[16384];
	size_t len = fcgi_client_request(bytes, "GET", "/x/now", true);
	int fd = fcgi_client_connect(path);
	char *a;

	(void)state;
	ask(fd, "GET", "/x/now/huge", "200", "worker /now/huge");
	assert_int_equal(write(fd, bytes, len - 8), len - 8);
	while (atomic_load(&by_worker) < 1)
		;
	/* A worker waits for the rest by now, or the epoll thread has yet to look; both are fine. */
	assert_int_equal(write(fd, bytes + len - 8, 8), 8);
	a = fcgi_client_answer(fd, NULL);
	assert_non_null(a);
	assert_non_null(strstr(a, "Status: 200"));
	free(a);
	ask(fd, "GET", "/x/now?f", "200", "ready f");
	close(fd);
}

static void closes_when_not_kept(void **state)
{
	int fd = fcgi_client_connect(path);
	char byte, *a;

	(void)state;
	fcgi_client_send(fd, "GET", "/x/now", false);
	a = fcgi_client_answer(fd, NULL);
	assert_non_null(a);
	free(a);
	assert_int_equal(read(fd, &byte, 1), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_ready_needs_no_worker, start, end),
		cmocka_unit_test_setup_teardown(a_busy_worker_delays_nobody, start, end),
		cmocka_unit_test_setup_teardown(finishes_what_the_peer_takes_slowly, start, end),
		cmocka_unit_test_setup_teardown(
			what_is_too_great_or_comes_in_pieces_is_a_workers, start, end),
		cmocka_unit_test_setup_teardown(closes_when_not_kept, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
