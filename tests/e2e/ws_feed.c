/* ws_feed PORT COUNT: COUNT connections of the feed's own socket layer, one after the other; says what each brought. */
#include "daemon/feed_socket.h"
#include <stdio.h>
#include <stdlib.h>

struct client {
	bool closed;
};

static uint64_t fnv1a(const char *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3U;
	return hash;
}

static void on_opened(void *arg)
{
	(void)arg;
	puts("opened");
}

static bool on_frame(void *arg, const char *bytes, size_t len, bool binary)
{
	(void)arg;
	printf("%s %zu %016llx\n", binary ? "binary" : "text", len,
		(unsigned long long)fnv1a(bytes, len));
	return true;
}

static void on_too_long(void *arg)
{
	(void)arg;
	puts("too_long");
}

static void on_ping(void *arg, const char *payload)
{
	(void)arg;
	(void)payload;
}

static void on_pong(void *arg, const char *payload, size_t len)
{
	(void)arg;
	(void)payload;
	(void)len;
}

static void on_closed(void *arg, const struct feed_socket_closed *why)
{
	struct client *c = arg;

	printf("closed %d\n", why->code);
	c->closed = true;
}

static const struct feed_socket_events events = {.opened = on_opened,
	.frame = on_frame,
	.too_long = on_too_long,
	.ping = on_ping,
	.pong = on_pong,
	.closed = on_closed};

int main(int argc, char **argv)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);
	char port[40];

	if (argc != 3 || !s)
		return 2;
	snprintf(port, sizeof(port), "exchange.port=%s", argv[1]);
	if (settings_set(s, port, &e) < 0 || settings_set(s, "exchange.tls=no", &e) < 0 ||
		settings_set(s, "exchange.host=localhost", &e) < 0)
		return 2;
	struct feed_loop *l = feed_loop_new(s, 4, &e);
	if (!l) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	for (int i = 0; i < atoi(argv[2]); i++) {
		struct client c = {.closed = false};
		struct feed_socket *socket = feed_socket_new(l, &events, &c);
		if (!socket)
			return 1;
		feed_socket_open(socket, "127.0.0.1");
		while (!c.closed) {
			feed_loop_run(l, 100000);
			feed_socket_see_ping(socket);
		}
		feed_socket_free(socket);
		fflush(stdout);
	}
	feed_loop_free(l);
	settings_free(s);
	return 0;
}
