#include "chart_refresh.h"
#include "chart_key.h"
#include "log.h"
#include "metrics.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(refused, "pricegraph_chart_refresh_refused_total",
	"Answers that were not made ahead because too many waited for it.");

#define WAITING_MAX 64

struct wanted {
	size_t len;
	char key[CHART_KEY_SIZE];
};

struct chart_refresh {
	struct chart_refresh_owner owner;
	pthread_t thread;
	bool started;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t some;
	bool stopping;
	size_t first, count; /* the first one stays until it is made */
	struct wanted ring[WAITING_MAX];
};

static void *run(void *arg)
{
	struct chart_refresh *r = arg;

	log_thread_name("refresh");
	pthread_mutex_lock(&r->lock);
	while (!r->stopping) {
		const struct wanted *w = &r->ring[r->first];

		if (r->count == 0) {
			pthread_cond_wait(&r->some, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		r->owner.make(r->owner.arg, w->key, w->len);
		pthread_mutex_lock(&r->lock);
		r->first = (r->first + 1) % WAITING_MAX;
		r->count--;
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

struct chart_refresh *chart_refresh_new(const struct chart_refresh_owner *owner, struct err *e)
{
	struct chart_refresh *r = calloc(1, sizeof(*r));

	if (!r) {
		err_set(e, "no memory for what is to be made anew");
		return NULL;
	}
	r->owner = *owner;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->some, NULL);
	r->started = pthread_create(&r->thread, NULL, run, r) == 0;
	if (r->started)
		return r;
	err_set(e, "cannot start the thread that makes answers anew");
	chart_refresh_free(r);
	return NULL;
}

void chart_refresh_free(struct chart_refresh *r)
{
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	r->stopping = true;
	pthread_cond_signal(&r->some);
	pthread_mutex_unlock(&r->lock);
	if (r->started)
		pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->some);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static bool is_known_locked(const struct chart_refresh *r, const char *key, size_t key_len)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct wanted *w = &r->ring[(r->first + i) % WAITING_MAX];

		if (w->len == key_len && memcmp(w->key, key, key_len) == 0)
			return true;
	}
	return false;
}

static void add_locked(struct chart_refresh *r, const char *key, size_t key_len)
{
	struct wanted *w = &r->ring[(r->first + r->count) % WAITING_MAX];

	if (r->count == WAITING_MAX) {
		metric_add(&refused, 1);
		return;
	}
	memcpy(w->key, key, key_len);
	w->key[key_len] = '\0';
	w->len = key_len;
	r->count++;
	pthread_cond_signal(&r->some);
}

void chart_refresh_want(struct chart_refresh *r, const char *key, size_t key_len)
{
	pthread_mutex_lock(&r->lock);
	if (!is_known_locked(r, key, key_len))
		add_locked(r, key, key_len);
	pthread_mutex_unlock(&r->lock);
}
