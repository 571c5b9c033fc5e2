/* The exchange's side of a connection's requests: what comes next, and what it answers. */
#pragma once
#include "clock.h"
#include "daemon/feed_subscribe.h"
#include "test.h"
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_US 10000000

static inline struct feed_want *wants_of(size_t count, size_t symbol_len)
{
	struct feed_want *wants = calloc(count, sizeof(*wants));

	for (size_t i = 0; i < count; i++) {
		snprintf(wants[i].symbol, SYMBOL_SIZE, "%0*zu", (int)symbol_len, i);
		wants[i].stream = (enum stream_kind)(i % STREAM_COUNT);
	}
	return wants;
}

/* The next request, parsed; NULL: none is due. */
static inline struct json_object *next(struct feed_subscribe *s, int64_t now_us)
{
	struct json_object *request = NULL;
	struct buf out;

	buf_init(&out, 1 << 20);
	if (feed_subscribe_next(s, now_us, &out)) {
		assert_false(out.failed);
		assert_true(out.len <= FEED_REQUEST_BYTES);
		request = json_tokener_parse(out.data);
		assert_non_null(request);
	}
	buf_done(&out);
	return request;
}

static inline const char *method_of(struct json_object *request)
{
	return json_object_get_string(json_object_object_get(request, "method"));
}

/* "a@trade b@trade" */
static inline const char *params_of(struct json_object *request)
{
	static char text[200000];
	struct json_object *params = json_object_object_get(request, "params");
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; params && i < json_object_array_length(params); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", i ? " " : "",
			json_object_get_string(json_object_array_get_idx(params, i)));
	return text;
}

/* The next request is this one. Gives its time. */
static inline int64_t expect(struct feed_subscribe *s, const char *method, const char *params)
{
	static int64_t now_us = 100 * SECOND_US;
	struct json_object *request;

	now_us += 2 * SECOND_US;
	request = next(s, now_us);
	if (!request)
		fail_msg("no %s %s", method, params);
	assert_string_equal(method_of(request), method);
	assert_string_equal(params_of(request), params);
	json_object_put(request);
	return now_us;
}

static inline void expect_nothing(struct feed_subscribe *s)
{
	assert_null(next(s, INT64_MAX / 2));
}

static inline enum feed_answered yes(struct feed_subscribe *s)
{
	return feed_subscribe_answer(s, &(struct feed_answer){.has_id = true, .id = s->last_id});
}

static inline enum feed_answered no(struct feed_subscribe *s)
{
	return feed_subscribe_answer(s, &(struct feed_answer){.has_id = true,
						.id = s->last_id,
						.failed = true,
						.code = 2,
						.message = "no"});
}

/* The answer to LIST_SUBSCRIPTIONS. */
static inline enum feed_answered lists(struct feed_subscribe *s, const char *json)
{
	return feed_subscribe_answer(
		s, &(struct feed_answer){
			   .has_id = true, .id = s->last_id, .result = {json, strlen(json)}});
}

static inline struct feed_subscribe made(const struct feed_want *wants, size_t count)
{
	struct feed_subscribe s;

	assert_int_equal(feed_subscribe_init(&s, wants, count, TIMEOUT_US), 0);
	return s;
}
