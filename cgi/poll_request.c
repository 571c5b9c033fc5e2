#include "poll_request.h"
#include "accept.h"
#include "clock.h"
#include "event.h"
#include "metrics.h"
#include "poll_param.h"
#include "problem.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

_Static_assert(POLL_SYMBOLS_MAX == CACHE_WANTS_MAX, "as many symbols as the cache takes");

/* wait=<n> of a Prefer header (RFC 7240); -1: none. More than our maximum is cut. */
static int64_t preferred_wait(const char *prefer)
{
	for (const char *p = prefer; *p != '\0'; p += strcspn(p, ",;"), p += *p != '\0') {
		p += strspn(p, " \t");
		if (strncasecmp(p, "wait=", 5) != 0 || p[5] < '0' || p[5] > '9')
			continue;
		long long seconds = strtoll(p + 5, NULL, 10);
		return seconds < POLL_WAIT_MAX_S ? seconds : POLL_WAIT_MAX_S;
	}
	return -1;
}

static bool is_read(const struct request *rq)
{
	return strcmp(rq->method, "GET") == 0 || strcmp(rq->method, "HEAD") == 0;
}

bool poll_request_metrics(const struct request *rq, struct answer *a)
{
	struct param_values values = {0};
	if (strcmp(rq->path, POLL_METRICS_PATH) != 0)
		return false;
	if (!is_read(rq)) {
		problem_answer(a, PROBLEM_METHOD, "only GET and HEAD are served");
	} else if (!accept_one(rq->accept, "text/plain")) {
		problem_answer(a, PROBLEM_NOT_ACCEPTABLE, "answers are text/plain");
	} else if (param_parse(poll_no_params, rq->query, &values, a) == 0) {
		param_values_done(&values);
		a->content_type = "text/plain; version=0.0.4; charset=utf-8";
		snprintf(a->headers, sizeof(a->headers), "Cache-Control: no-cache\r\n");
		metrics_print(&a->body);
	}
	return true;
}

int poll_request_check(const struct request *rq, int64_t *wait_us, struct answer *a)
{
	struct param_values values = {0};
	if (strcmp(rq->path, POLL_PATH) != 0) {
		problem_answer(a, PROBLEM_NOT_FOUND, "nothing is served at this path");
		return -1;
	}
	if (!is_read(rq)) {
		problem_answer(a, PROBLEM_METHOD, "only GET and HEAD are served");
		return -1;
	}
	if (!accept_one(rq->accept, "application/json")) {
		problem_answer(a, PROBLEM_NOT_ACCEPTABLE, "answers are application/json");
		return -1;
	}
	if (param_parse(poll_params, rq->query, &values, a) != 0)
		return -1;
	int64_t seconds =
		values.v[POLL_WAIT].given ? values.v[POLL_WAIT].number : preferred_wait(rq->prefer);
	*wait_us = (seconds >= 0 ? seconds : POLL_WAIT_DEFAULT_S) * SECOND_US;
	param_values_done(&values);
	return 0;
}

static struct poll_request *allocate(size_t count, struct answer *a)
{
	struct poll_request *q = calloc(1, sizeof(*q) + count * sizeof(q->wants[0]));
	if (q == NULL)
		problem_answer(a, PROBLEM_UNAVAILABLE, "no memory");
	else
		q->begun_us = clock_mono_us();
	return q;
}

struct poll_request *poll_request_keep(const char *query, struct answer *a)
{
	struct poll_request *q = allocate(0, a);
	if (q == NULL)
		return NULL;
	q->query = strdup(query);
	if (q->query != NULL)
		return q;
	problem_answer(a, PROBLEM_UNAVAILABLE, "no memory");
	free(q);
	return NULL;
}

void poll_request_free(struct poll_request *q)
{
	if (q == NULL)
		return;
	free(q->query);
	free(q);
}

static size_t count_items(const char *list)
{
	size_t count = 1;
	for (; *list != '\0'; list++)
		count += *list == ',';
	return count;
}

/* The symbols' wants without cursors. `list` is cut up. */
static int take_symbols(struct cache *cache, char *list, struct poll_request *q, struct answer *a)
{
	while (list != NULL) {
		const char *name = strsep(&list, ",");
		struct cache_want *w = &q->wants[q->count];
		w->symbol = cache_find(cache, name);
		if (w->symbol == NULL) {
			problem_answer(a, PROBLEM_BAD_SYMBOL,
				"Parameter 'symbols': '%.64s' is not collected.", name);
			return -1;
		}
		for (size_t i = 0; i < q->count; i++) {
			if (q->wants[i].symbol == w->symbol) {
				problem_answer(a, PROBLEM_ILLEGAL_PARAM,
					"Data sent for parameter 'symbols' is not valid: '%.64s' "
					"twice.",
					name);
				return -1;
			}
		}
		for (int k = 0; k < STREAM_COUNT; k++)
			w->next[k] = CURSOR_NONE;
		q->count++;
	}
	return 0;
}

/* A cursor of another venue continues nothing, like none at all. */
static void use_cursor(struct cache_want *w, const struct cursor *cursor, const char *venue)
{
	const struct cursor_part *part = &cursor->parts[cache_symbol_partition(w->symbol)];
	if (strcmp(cursor->venue, venue) != 0)
		return;
	w->resumes = true;
	w->epoch = cursor->epoch;
	for (int k = 0; k < STREAM_COUNT; k++)
		w->next[k] = part->present ? part->next[k] : CURSOR_NONE;
}

static int take_cursors(
	const char *list, const char *venue, struct poll_request *q, struct answer *a)
{
	size_t count = count_items(list);
	if (count != 1 && count != q->count) {
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter 'cursor' is not valid: one, or one for each "
			"symbol.");
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(list, ",");
		struct cursor cursor;
		struct err e;
		if (cursor_parse(&cursor, list, len, &e) != 0) {
			problem_answer(a, PROBLEM_ILLEGAL_PARAM,
				"Data sent for parameter 'cursor' is not valid: %s.", e.text);
			return -1;
		}
		for (size_t s = 0; s < q->count; s++)
			if (count == 1 || s == i)
				use_cursor(&q->wants[s], &cursor, venue);
		list += len + (list[len] == ',');
	}
	return 0;
}

struct poll_request *poll_request_new(
	struct cache *cache, const char *venue, const char *query, struct answer *a)
{
	struct param_values values = {0};
	struct poll_request *q = NULL;
	if (param_parse(poll_params, query, &values, a) != 0)
		return NULL;
	char *symbols = values.v[POLL_SYMBOLS].text;
	const struct param_value *cursor = &values.v[POLL_CURSOR];
	size_t count = count_items(symbols);
	if (count > CACHE_WANTS_MAX)
		problem_answer(a, PROBLEM_ILLEGAL_PARAM,
			"Data sent for parameter 'symbols' is not valid: at most %d.",
			CACHE_WANTS_MAX);
	else
		q = allocate(count, a);
	if (q != NULL && (take_symbols(cache, symbols, q, a) != 0 ||
				 (cursor->given && cursor->len > 0 &&
					 take_cursors(cursor->text, venue, q, a) != 0))) {
		poll_request_free(q);
		q = NULL;
	}
	param_values_done(&values);
	return q;
}
