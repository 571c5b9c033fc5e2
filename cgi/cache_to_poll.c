#include "cache_to_poll.h"
#include "clock.h"
#include "cursor.h"
#include "metrics.h"
#include "poll_request.h"
#include "problem.h"
#include <stdlib.h>
#include <string.h>

#define COLD_WAIT_US (2 * SECOND_US)
#define COLD_WAIT_CGI_US (10 * SECOND_US) /* such a process begins with an empty cache */
#define SHARED_US (200 * MS_US)           /* how long one answer serves all who ask the same */
#define QUIET_US SECOND_US                /* as_of alone is news at most this often */
#define ANSWER_SPARE 65536                /* of a body, for what is not events */

METRIC_COUNTER(polls, "pricegraph_live_polls_total", "polls with valid parameters");
METRIC_COUNTER(
	continued, "pricegraph_live_recovered_total", "answers that continued their cursors");
METRIC_COUNTER(lost, "pricegraph_live_unrecovered_total",
	"answers to polls whose cursor could not be continued, or that had none");
METRIC_COUNTER(
	cold, "pricegraph_live_cold_total", "polls answered 503 because the cache was not ready");

struct cache_to_poll {
	struct cache *cache;
	char *venue;
	const char *state; /* when not stale */
	int workers;
	struct cache_reading *readings; /* one a worker, the last one of the epoll thread */
	/* Of the epoll thread: the last answer, for those that ask the same of the same state of the cache. */
	uint64_t last_version;
	struct poll_request *last; /* NULL: none */
	int64_t last_us; /* monotonic; when last_body was made: its lag and state grow old */
	struct buf last_body;
	bool last_recovered;
};

static const char *state_of(const char *venue)
{
	if (strcmp(venue, "synthetic") == 0)
		return "synthetic";
	return strncmp(venue, "replay-", 7) == 0 ? "replay" : "live";
}

struct cache_to_poll *cache_to_poll_new(struct cache *cache, const char *venue, int workers)
{
	struct cache_to_poll *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->cache = cache;
	p->workers = workers;
	p->state = state_of(venue);
	p->venue = strdup(venue);
	p->readings = calloc((size_t)workers + 1, sizeof(*p->readings));
	buf_init(&p->last_body, FCGI_ANSWER_MAX);
	if (p->venue == NULL || p->readings == NULL) {
		cache_to_poll_free(p);
		return NULL;
	}
	for (int i = 0; i <= workers; i++)
		buf_init(&p->readings[i].events, FCGI_ANSWER_MAX - ANSWER_SPARE);
	return p;
}

void cache_to_poll_free(struct cache_to_poll *p)
{
	if (p == NULL)
		return;
	for (int i = 0; p->readings != NULL && i <= p->workers; i++)
		buf_done(&p->readings[i].events);
	buf_done(&p->last_body);
	poll_request_free(p->last);
	free(p->readings);
	free(p->venue);
	free(p);
}

static void add_as_of(const struct poll_request *q, const struct cache_reading *r, struct buf *out)
{
	bool any = false;
	buf_add_str(out, ",\"as_of\":{");
	for (size_t i = 0; i < q->count; i++) {
		const char *name = cache_symbol_name(q->wants[i].symbol);
		if (r->news[i].as_of_us == 0)
			continue;
		if (any)
			buf_add_char(out, ',');
		buf_add_json(out, name, strlen(name));
		buf_printf(out, ":%lld", (long long)(r->news[i].as_of_us / MS_US));
		any = true;
	}
	buf_add_char(out, '}');
}

static void add_revisions(
	const struct poll_request *q, const struct cache_reading *r, struct buf *out)
{
	bool any = false;
	buf_add_str(out, ",\"revision\":{");
	for (size_t i = 0; i < q->count; i++) {
		const char *name = cache_symbol_name(q->wants[i].symbol);
		if (r->news[i].generation < 0)
			continue;
		if (any)
			buf_add_char(out, ',');
		buf_add_json(out, name, strlen(name));
		buf_printf(out, ":\"%lld.%lld\"", (long long)r->news[i].generation,
			(long long)r->news[i].revision);
		any = true;
	}
	buf_add_char(out, '}');
}

static void print(const struct cache_to_poll *p, const struct poll_request *q,
	const struct cache_reading *r, struct buf *out)
{
	buf_add_str(out, "{\"venue\":");
	buf_add_json(out, p->venue, strlen(p->venue));
	buf_printf(out, ",\"epoch\":%lld,\"cursor\":\"", (long long)r->cursor.epoch);
	cursor_format(&r->cursor, out);
	/* A recording that has ended has nothing more to say; that is not staleness. */
	buf_printf(out,
		"\",\"recovered\":%s,\"state\":\"%s\",\"lag_ms\":", r->recovered ? "true" : "false",
		r->stale && !r->ended ? "stale" : p->state);
	if (r->lag_us < 0)
		buf_add_str(out, "null");
	else
		buf_add_int(out, r->lag_us / MS_US);
	if (r->ended)
		buf_add_str(out, ",\"ended\":true");
	add_as_of(q, r, out);
	add_revisions(q, r, out);
	buf_add_str(out, ",\"events\":[");
	if (r->events.len > 0)
		buf_add(out, r->events.data, r->events.len);
	buf_add_str(out, "]}\n");
}

static enum cache_look look(struct cache_to_poll *p, struct poll_request *q)
{
	return cache_look(p->cache, q->wants, q->count, &q->asked);
}

static bool is_cold(struct cache_to_poll *p)
{
	uint64_t asked = 0;
	return cache_look(p->cache, NULL, 0, &asked) == CACHE_COLD;
}

static void answer_cold(struct answer *a)
{
	metric_add(&cold, 1);
	problem_answer(a, PROBLEM_UNAVAILABLE,
		"the cache is not ready: it warms up, or no epoch of the topics has been published "
		"yet");
}

static void begin_answer(bool recovered, struct answer *a)
{
	static const char headers[] = "Cache-Control: no-store\r\n";
	metric_add(recovered ? &continued : &lost, 1);
	a->status = 200;
	a->content_type = "application/json";
	memcpy(a->headers, headers, sizeof(headers));
}

static void answer(
	struct cache_to_poll *p, struct poll_request *q, struct cache_reading *r, struct answer *a)
{
	int64_t wall_ms = clock_wall_us() / MS_US;
	bool warm = cache_read(p->cache, q->wants, q->count, wall_ms, r);
	if (warm && r->events.failed) {
		/* More than an answer holds: the client shall start anew from the unsettled seconds. */
		for (size_t i = 0; i < q->count; i++)
			q->wants[i].resumes = false;
		warm = cache_read(p->cache, q->wants, q->count, wall_ms, r);
	}
	if (!warm) {
		answer_cold(a);
		return;
	}
	begin_answer(r->recovered, a);
	print(p, q, r, &a->body);
}

/* Whether to answer a poll now. */
static bool is_due(const struct poll_request *q, enum cache_look look, bool timed_out)
{
	switch (look) {
	case CACHE_NEWS:
		return true;
	case CACHE_QUIET:
		return timed_out || clock_mono_us() - q->begun_us >= QUIET_US;
	case CACHE_COLD:
	case CACHE_AHEAD:
	case CACHE_NOTHING:
		return timed_out;
	}
	return true;
}

static enum handled handle_cold(const struct request *rq, struct answer *a, struct fcgi_park *park)
{
	int64_t most_us = rq->gateway_cgi ? COLD_WAIT_CGI_US : COLD_WAIT_US;
	if (park->wait_us == 0 && !rq->gateway_cgi) {
		answer_cold(a);
		return HANDLED_ANSWER;
	}
	park->context = poll_request_keep(rq->query, a);
	if (park->context == NULL)
		return HANDLED_ANSWER;
	if (park->wait_us > most_us || rq->gateway_cgi)
		park->wait_us = most_us;
	return HANDLED_PARK;
}

static enum handled handle(
	void *arg, int worker, const struct request *rq, struct answer *a, struct fcgi_park *park)
{
	struct cache_to_poll *p = arg;
	if (poll_request_metrics(rq, a))
		return HANDLED_ANSWER;
	if (poll_request_check(rq, &park->wait_us, a) != 0)
		return HANDLED_ANSWER;
	metric_add(&polls, 1);
	if (is_cold(p))
		return handle_cold(rq, a, park);
	struct poll_request *q = poll_request_new(p->cache, p->venue, rq->query, a);
	if (q == NULL)
		return HANDLED_ANSWER;
	enum cache_look found = look(p, q);
	if (!is_due(q, found, park->wait_us == 0)) {
		if (found == CACHE_QUIET && park->wait_us > QUIET_US)
			park->wait_us = QUIET_US;
		park->context = q;
		return HANDLED_PARK;
	}
	answer(p, q, &p->readings[worker], a);
	poll_request_free(q);
	return HANDLED_ANSWER;
}

static bool is_same(const struct poll_request *q, const struct poll_request *other)
{
	return other != NULL && other->count == q->count &&
	       memcmp(other->wants, q->wants, q->count * sizeof(q->wants[0])) == 0;
}

/* As `answer`, for the epoll thread: one event wakes many polls that ask the same. */
static void answer_again(struct cache_to_poll *p, struct poll_request *q, struct answer *a)
{
	uint64_t version = cache_version(p->cache);
	if (version == p->last_version && clock_mono_us() - p->last_us < SHARED_US &&
		is_same(q, p->last)) {
		begin_answer(p->last_recovered, a);
		buf_add(&a->body, p->last_body.data, p->last_body.len);
		return;
	}
	size_t size = sizeof(*q) + q->count * sizeof(q->wants[0]);
	struct cache_reading *r = &p->readings[p->workers];
	poll_request_free(p->last);
	p->last = malloc(size);
	if (p->last != NULL)
		memcpy(p->last, q, size);
	answer(p, q, r, a);
	p->last_us = clock_mono_us();
	p->last_version = a->status == 200 ? version : 0;
	p->last_recovered = r->recovered;
	buf_reset(&p->last_body);
	buf_add(&p->last_body, a->body.data, a->body.len);
}

/* A poll that came while the cache was cold: now it can be read. True: answered. */
static bool resume_cold(
	struct cache_to_poll *p, struct poll_request *kept, bool timed_out, struct answer *a)
{
	if (is_cold(p)) {
		if (timed_out)
			answer_cold(a);
		return timed_out;
	}
	struct poll_request *q = poll_request_new(p->cache, p->venue, kept->query, a);
	if (q == NULL)
		return true;
	bool due = is_due(q, look(p, q), timed_out);
	if (due)
		answer(p, q, &p->readings[p->workers], a);
	poll_request_free(q);
	return due;
}

static bool resume(void *arg, void *context, bool timed_out, struct answer *a)
{
	struct cache_to_poll *p = arg;
	struct poll_request *q = context;
	if (q->query != NULL)
		return resume_cold(p, q, timed_out, a);
	if (!is_due(q, look(p, q), timed_out))
		return false;
	answer_again(p, q, a);
	return true;
}

static void forget(void *arg, void *context)
{
	(void)arg;
	poll_request_free(context);
}

struct fcgi_handler cache_to_poll_handler(struct cache_to_poll *p)
{
	return (struct fcgi_handler){
		.handle = handle, .resume = resume, .forget = forget, .arg = p};
}
