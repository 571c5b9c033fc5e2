/*
 * http_script: a small HTTP server on loopback that answers with what a test has written down, one answer after the other.
 *
 * One thread; connections one at a time, kept alive. Each answer is raw bytes; NULL: read the request and say nothing until the client hangs up;
 * "": hang up at once. When the answers are used up, the last one is repeated.
 */
#pragma once
#include "test.h"
#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HTTP_SCRIPT_MAX 32

struct http_script {
	int listener, port;
	const char *const *answers; /* ends with a NULL behind the last; `count` says how many */
	size_t count;
	pthread_t thread;
	atomic_bool stop;
	atomic_int connections, requests;
	char paths[HTTP_SCRIPT_MAX]
		  [200]; /* of the requests, in order; read after http_script_stop or the answer */
	char heads[HTTP_SCRIPT_MAX][1000];
};

/* True: a whole request was read. */
static inline bool http_script_read(int fd, struct http_script *s)
{
	char text[8192];
	size_t len = 0;

	while (len < sizeof(text) - 1) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		text[len] = '\0';
		if (!strstr(text, "\r\n\r\n"))
			continue;
		int i = atomic_load(&s->requests);
		if (i < HTTP_SCRIPT_MAX) {
			size_t path = strcspn(text + 4, " ");
			if (path >= sizeof(s->paths[i]))
				path = sizeof(s->paths[i]) - 1;
			memcpy(s->paths[i], text + 4, path);
			if (len >= sizeof(s->heads[i]))
				len = sizeof(s->heads[i]) - 1;
			memcpy(s->heads[i], text, len);
		}
		atomic_fetch_add(&s->requests, 1);
		return true;
	}
	return false;
}

static inline void http_script_serve(int fd, struct http_script *s)
{
	while (http_script_read(fd, s)) {
		size_t i = (size_t)atomic_load(&s->requests) - 1;
		const char *answer = s->answers[i < s->count ? i : s->count - 1];
		char byte;

		if (!answer) {
			while (read(fd, &byte, 1) > 0)
				;
			return;
		}
		size_t len = strlen(answer);
		if (len == 0 || write(fd, answer, len) != (ssize_t)len ||
			strstr(answer, "Connection: close"))
			return;
	}
}

static inline void *http_script_run(void *arg)
{
	struct http_script *s = arg;

	for (;;) {
		int fd = accept(s->listener, NULL, NULL);
		if (fd < 0 || atomic_load(&s->stop)) {
			if (fd >= 0)
				close(fd);
			return NULL;
		}
		atomic_fetch_add(&s->connections, 1);
		http_script_serve(fd, s);
		close(fd);
	}
}

static inline void http_script_start(
	struct http_script *s, const char *const *answers, size_t count)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(at);

	memset(s, 0, sizeof(*s));
	s->answers = answers;
	s->count = count;
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(s->listener >= 0);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s->listener, 8), 0);
	assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &size), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&s->thread, NULL, http_script_run, s), 0);
}

/* The client's connections must have been closed before. */
static inline void http_script_stop(struct http_script *s)
{
	atomic_store(&s->stop, true);
	shutdown(s->listener, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->listener);
}
