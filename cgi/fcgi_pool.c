#include "fcgi_pool.h"
#include "fcgi_reader.h"
#include "log.h"
#include "metrics.h"
#include "problem.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(requests, "pricegraph_fcgi_requests_total", "FastCGI requests read");
METRIC_COUNTER(
	unread, "pricegraph_fcgi_unread_total", "connections closed because no whole request came");

METRIC_COUNTER(turned_away, "pricegraph_fcgi_turned_away_total",
	"requests answered 429 because too many waited for a worker");
METRIC_GAUGE(queued_most, "pricegraph_fcgi_queued_max", "most requests that waited for a worker");

struct lane { /* connections that wait for a thread */
	struct conn *first, *last;
	size_t count;
	pthread_cond_t some;
};

struct worker {
	struct fcgi_pool *pool;
	struct lane *lane;
	int index; /* -1: the one that refuses */
	pthread_t thread;
	bool started;
	struct fcgi_reader *reader;
	struct answer answer;
	struct buf http, block;
};

struct fcgi_pool {
	struct fcgi_pool_owner owner;
	pthread_mutex_t lock; /* guards the lanes, stopping */
	struct lane served, refused;
	bool stopping;
	int threads;
	struct worker *worker; /* the last one refuses */
};

/* NULL: the pool ends. */
static struct conn *take(struct fcgi_pool *p, struct lane *l)
{
	pthread_mutex_lock(&p->lock);
	while (l->first == NULL && !p->stopping)
		pthread_cond_wait(&l->some, &p->lock);
	struct conn *c = p->stopping ? NULL : l->first;
	if (c != NULL) {
		l->first = c->queue_next;
		if (l->first == NULL)
			l->last = NULL;
		l->count--;
		c->queue_next = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	return c;
}

static void answer_reset(struct answer *a)
{
	a->status = 200;
	a->content_type = "application/json";
	a->etag[0] = '\0';
	a->headers[0] = '\0';
	fcgi_conn_empty(&a->body);
}

static enum handled handle(struct worker *w, const struct request *rq, struct conn *c)
{
	const struct fcgi_pool_owner *o = &w->pool->owner;
	if (w->index < 0) {
		metric_add(&turned_away, 1);
		problem_answer(&w->answer, PROBLEM_TOO_MANY,
			"all workers are busy, and too many wait for one");
		return HANDLED_ANSWER;
	}
	if (cors_preflight(o->cors, rq, &w->answer))
		return HANDLED_ANSWER;
	return o->handler->handle(o->handler->arg, w->index, rq, &w->answer, &c->park);
}

static void serve(struct worker *w, struct conn *c)
{
	struct fcgi_read in;
	if (fcgi_reader_read(w->reader, c->fd, &in) != 0) {
		metric_add(&unread, 1);
		c->fd = -1;
		c->state = CONN_DEAD;
		return;
	}
	metric_add(&requests, 1);
	c->request_id = in.request_id;
	c->keep = in.keep;
	c->head_only = strcmp(in.rq.method, "HEAD") == 0;
	c->more = cors_lines(w->pool->owner.cors, in.rq.origin);
	answer_reset(&w->answer);
	w->answer.more = c->more;
	switch (handle(w, &in.rq, c)) {
	case HANDLED_ANSWER:
		fcgi_reader_release(w->reader);
		fcgi_conn_answer(c, &w->answer, &w->http, &w->block);
		break;
	case HANDLED_PARK:
		fcgi_reader_release(w->reader);
		c->state = CONN_PARKED;
		break;
	}
}

static void *run(void *arg)
{
	struct worker *w = arg;
	log_thread_name("fcgi");
	for (;;) {
		struct conn *c = take(w->pool, w->lane);
		if (c == NULL)
			return NULL;
		serve(w, c);
		w->pool->owner.done(w->pool->owner.arg, c);
	}
}

/* One that serves, or the one that refuses. */
static int start_worker(struct fcgi_pool *p, int index, bool serves, struct err *e)
{
	struct worker *w = &p->worker[index];
	w->pool = p;
	w->index = serves ? index : -1;
	w->lane = serves ? &p->served : &p->refused;
	buf_init(&w->answer.body, FCGI_ANSWER_MAX);
	buf_init(&w->http, FCGI_ANSWER_MAX + 4096);
	buf_init(&w->block, FCGI_ANSWER_MAX + 65536);
	w->reader = fcgi_reader_new(p->owner.prefix);
	if (w->reader == NULL)
		return err_set(e, "no memory for a worker");
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		return err_set(e, "cannot start thread %d", index + 1);
	w->started = true;
	return 0;
}

static void lane_add(struct lane *l, struct conn *c)
{
	c->queue_next = NULL;
	if (l->last != NULL)
		l->last->queue_next = c;
	else
		l->first = c;
	l->last = c;
	l->count++;
	pthread_cond_signal(&l->some);
}

struct fcgi_pool *fcgi_pool_new(const struct fcgi_pool_owner *owner, int workers, struct err *e)
{
	struct fcgi_pool *p = calloc(1, sizeof(*p));
	if (p == NULL || (p->worker = calloc((size_t)workers + 1, sizeof(*p->worker))) == NULL) {
		err_set(e, "no memory for %d workers", workers);
		free(p);
		return NULL;
	}
	p->owner = *owner;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->served.some, NULL);
	pthread_cond_init(&p->refused.some, NULL);
	for (; p->threads <= workers; p->threads++) {
		if (start_worker(p, p->threads, p->threads < workers, e) == 0)
			continue;
		p->threads++;
		fcgi_pool_free(p);
		return NULL;
	}
	return p;
}

void fcgi_pool_give(struct fcgi_pool *p, struct conn *c)
{
	pthread_mutex_lock(&p->lock);
	lane_add(p->served.count < p->owner.queue_max ? &p->served : &p->refused, c);
	metric_max(&queued_most, (int64_t)p->served.count);
	pthread_mutex_unlock(&p->lock);
}

static void free_worker(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	fcgi_reader_free(w->reader);
	buf_done(&w->answer.body);
	buf_done(&w->http);
	buf_done(&w->block);
}

static void drop_lane(struct fcgi_pool *p, struct lane *l)
{
	while (l->first != NULL) {
		struct conn *c = l->first;
		l->first = c->queue_next;
		c->state = CONN_DEAD;
		p->owner.done(p->owner.arg, c);
	}
	pthread_cond_destroy(&l->some);
}

void fcgi_pool_free(struct fcgi_pool *p)
{
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->stopping = true;
	pthread_cond_broadcast(&p->served.some);
	pthread_cond_broadcast(&p->refused.some);
	pthread_mutex_unlock(&p->lock);
	for (int i = 0; i < p->threads; i++)
		free_worker(&p->worker[i]);
	drop_lane(p, &p->served);
	drop_lane(p, &p->refused);
	pthread_mutex_destroy(&p->lock);
	free(p->worker);
	free(p);
}
