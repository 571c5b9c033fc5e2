#include "feed_resolver.h"
#include "log.h"
#include <netdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define JOIN_NS 200000000L

struct feed_resolver {
	void (*wake)(void *arg);
	void *arg;
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t asked;
	/* lock */
	char host[256];
	bool stop;
	bool ended;                  /* the thread touches nothing any more */
	bool orphan;                 /* the thread is to release all this */
	int64_t wanted, begun, done; /* number of the look-up */
	struct feed_addresses addresses;
	struct err why; /* no addresses */
};

static void add_address(struct feed_addresses *out, const struct addrinfo *a)
{
	char *text = out->text[out->count];

	if (getnameinfo(a->ai_addr, a->ai_addrlen, text, FEED_ADDRESS_SIZE, NULL, 0,
		    NI_NUMERICHOST) == 0)
		out->count++;
}

static void look_up(const char *host, struct feed_addresses *out, struct err *e)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
	struct addrinfo *list = NULL;

	out->count = 0;
	int failed = getaddrinfo(host, NULL, &hints, &list);
	if (failed) {
		err_set(e, "cannot look up '%s': %s", host, gai_strerror(failed));
		return;
	}
	for (const struct addrinfo *a = list; a && out->count < FEED_ADDRESSES_MAX; a = a->ai_next)
		add_address(out, a);
	freeaddrinfo(list);
	if (!out->count)
		err_set(e, "'%s' has no address", host);
}

static void release(struct feed_resolver *r)
{
	pthread_cond_destroy(&r->asked);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* Thread "resolve". */
static void *run(void *arg)
{
	struct feed_resolver *r = arg;
	struct feed_addresses addresses;
	struct err why = {""};

	log_thread_name("resolve");
	pthread_mutex_lock(&r->lock);
	while (!r->stop) {
		if (r->begun == r->wanted) {
			pthread_cond_wait(&r->asked, &r->lock);
			continue;
		}
		r->begun = r->wanted;
		pthread_mutex_unlock(&r->lock);
		look_up(r->host, &addresses, &why);
		pthread_mutex_lock(&r->lock);
		r->addresses = addresses;
		r->why = why;
		r->done = r->begun;
		if (!r->stop)
			r->wake(r->arg);
	}
	r->ended = true;
	bool orphan = r->orphan;
	pthread_mutex_unlock(&r->lock);
	if (orphan)
		release(r);
	return NULL;
}

struct feed_resolver *feed_resolver_new(
	const char *host, void (*wake)(void *arg), void *arg, struct err *e)
{
	struct feed_resolver *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, "no memory");
		return NULL;
	}
	snprintf(r->host, sizeof(r->host), "%s", host);
	r->wake = wake;
	r->arg = arg;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->asked, NULL);
	int failed = pthread_create(&r->thread, NULL, run, r);
	if (!failed) {
		r->running = true;
		return r;
	}
	err_set(e, "cannot start thread resolve: %s", strerror(failed));
	feed_resolver_free(r);
	return NULL;
}

/* False: it is inside a look-up. */
static bool end(struct feed_resolver *r)
{
	struct timespec until;

	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_signal(&r->asked);
	pthread_mutex_unlock(&r->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += JOIN_NS;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	if (pthread_timedjoin_np(r->thread, NULL, &until) == 0)
		return true;
	pthread_mutex_lock(&r->lock);
	bool ended = r->ended;
	r->orphan = !ended;
	pthread_t thread = r->thread;
	pthread_mutex_unlock(&r->lock); /* an orphan may be gone from here on */
	if (ended)
		pthread_join(thread, NULL);
	else
		pthread_detach(thread);
	return ended;
}

void feed_resolver_free(struct feed_resolver *r)
{
	if (!r)
		return;
	if (r->running && !end(r))
		log_warn("feed_look_up_left", "reason=\"the name servers do not answer\"");
	else
		release(r);
}

enum feed_resolved feed_resolver_get(
	struct feed_resolver *r, int64_t *ticket, struct feed_addresses *out, struct err *e)
{
	enum feed_resolved result = FEED_RESOLVE_WAIT;

	pthread_mutex_lock(&r->lock);
	if (!*ticket) {
		if (r->wanted == r->done) {
			r->wanted++;
			pthread_cond_signal(&r->asked);
		}
		*ticket = r->wanted;
	} else if (r->done >= *ticket) {
		*ticket = 0;
		result = r->addresses.count ? FEED_RESOLVED : FEED_UNRESOLVED;
		if (result == FEED_RESOLVED)
			*out = r->addresses;
		else if (e)
			*e = r->why;
	}
	pthread_mutex_unlock(&r->lock);
	return result;
}
