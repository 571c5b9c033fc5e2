/*
 * fcgi_client: the web server's side of FastCGI for unit tests: blocking, asserts on every failure.
 */
#pragma once
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FCGI_KEEP 1

static inline int fcgi_client_connect(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	assert(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
	return fd;
}

static inline size_t fcgi_client_record(unsigned char *out, int type, const void *data, size_t len)
{
	unsigned char header[8] = {
		1, (unsigned char)type, 0, 1, (unsigned char)(len >> 8), (unsigned char)len, 0, 0};
	memcpy(out, header, 8);
	if (len > 0)
		memcpy(out + 8, data, len);
	return 8 + len;
}

static inline size_t fcgi_client_pair(unsigned char *out, const char *name, const char *value)
{
	size_t n = strlen(name), v = strlen(value), at = 0;
	assert(n < 128);
	out[at++] = (unsigned char)n;
	if (v < 128) {
		out[at++] = (unsigned char)v;
	} else {
		out[at++] = (unsigned char)(0x80 | (v >> 24));
		out[at++] = (unsigned char)(v >> 16);
		out[at++] = (unsigned char)(v >> 8);
		out[at++] = (unsigned char)v;
	}
	memcpy(out + at, name, n);
	memcpy(out + at + n, value, v);
	return at + n + v;
}

/* The bytes of a whole GET (or other) request. */
static inline size_t fcgi_client_request(
	unsigned char *out, const char *method, const char *uri, bool keep)
{
	unsigned char begin[8] = {0, 1, keep ? FCGI_KEEP : 0, 0, 0, 0, 0, 0}, params[8192];
	const char *query = strchr(uri, '?');
	size_t len = 0, at;
	len += fcgi_client_pair(params + len, "REQUEST_METHOD", method);
	len += fcgi_client_pair(params + len, "REQUEST_URI", uri);
	len += fcgi_client_pair(params + len, "QUERY_STRING", query != NULL ? query + 1 : "");
	at = fcgi_client_record(out, 1, begin, 8);
	at += fcgi_client_record(out + at, 4, params, len);
	at += fcgi_client_record(out + at, 4, NULL, 0);
	at += fcgi_client_record(out + at, 5, NULL, 0);
	return at;
}

static inline void fcgi_client_send(int fd, const char *method, const char *uri, bool keep)
{
	unsigned char bytes[16384];
	size_t len = fcgi_client_request(bytes, method, uri, keep);
	assert(send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len);
}

static inline bool fcgi_client_read_all(int fd, void *out, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, (char *)out + at, len - at);
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

/* The STDOUT bytes of one answer, ended by '\0'; the caller frees. NULL: the connection ended before END_REQUEST. */
static inline char *fcgi_client_answer(int fd, size_t *len)
{
	size_t at = 0, room = 65536;
	char *out = malloc(room);
	unsigned char h[8];
	while (fcgi_client_read_all(fd, h, 8)) {
		size_t n = (size_t)h[4] << 8 | h[5];
		while (at + n + 256 > room)
			out = realloc(out, room *= 2);
		assert(h[0] == 1 && h[2] == 0 && h[3] == 1);
		if (!fcgi_client_read_all(fd, out + at, n + h[6]))
			break;
		if (h[1] == 3) {
			out[at] = '\0';
			if (len != NULL)
				*len = at;
			return out;
		}
		assert(h[1] == 6);
		at += n;
	}
	free(out);
	return NULL;
}
