#include "exchange_request.h"
#include <ctype.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#define ID_MAX 36

enum method {
	METHOD_SUBSCRIBE,
	METHOD_UNSUBSCRIBE,
	METHOD_LIST,
	METHOD_SET,
	METHOD_GET,
	METHOD_COUNT,
};

static const char *const method_names[METHOD_COUNT] = {
	"SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"};

struct request {
	struct hub *hub;
	struct hub_client *client;
	struct json_object *root, *params;
	char id[ID_MAX + 3]; /* as JSON */
	struct buf *answer;
};

static void error_answer(struct request *r, int code, const char *message)
{
	buf_printf(r->answer, "{\"error\":{\"code\":%d,\"msg\":", code);
	buf_add_json(r->answer, message, strlen(message));
	buf_printf(r->answer, "},\"id\":%s}", r->id);
}

static void result_answer(struct request *r, const char *result)
{
	buf_printf(r->answer, "{\"result\":%s,\"id\":%s}", result, r->id);
}

/* The id as JSON, if it has one of the allowed kinds. */
static bool id_read(struct request *r)
{
	struct json_object *id = NULL;
	const char *text;

	if (!json_object_object_get_ex(r->root, "id", &id))
		return false;
	if (!id)
		return true;
	if (json_object_is_type(id, json_type_int)) {
		snprintf(r->id, sizeof(r->id), "%lld", (long long)json_object_get_int64(id));
		return true;
	}
	if (!json_object_is_type(id, json_type_string))
		return false;
	text = json_object_get_string(id);
	for (size_t i = 0; text[i]; i++) {
		if (i == ID_MAX ||
			(!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_'))
			return false;
	}
	snprintf(r->id, sizeof(r->id), "\"%s\"", text);
	return true;
}

bool exchange_stream_valid(struct slice name)
{
	if (name.len == 0 || name.len > HUB_NAME_MAX)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.data[i];

		if (c <= ' ' || c == '"' || c == '\\' || c == '/' || c == 0x7f)
			return false;
	}
	return true;
}

static struct slice param(const struct request *r, size_t i)
{
	struct json_object *item = json_object_array_get_idx(r->params, i);

	if (!json_object_is_type(item, json_type_string))
		return (struct slice){NULL, 0};
	return (struct slice){
		json_object_get_string(item), (size_t)json_object_get_string_len(item)};
}

static size_t params_count(const struct request *r)
{
	return r->params ? json_object_array_length(r->params) : 0;
}

/* Checks the names and that they all find room, so that a request does all or nothing. */
static bool names_check(struct request *r, bool subscribe)
{
	size_t more = 0, count = params_count(r);

	if (!r->params) {
		error_answer(r, 2, "Invalid request: missing field `params`");
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!exchange_stream_valid(param(r, i))) {
			error_answer(r, 2, "Invalid request: invalid stream");
			return false;
		}
		more += !hub_subscribed(r->hub, r->client, param(r, i));
	}
	if (subscribe && r->client->stream_count + more > HUB_STREAMS_MAX) {
		error_answer(r, 2, "Invalid request: too many parameters");
		return false;
	}
	return true;
}

static enum request_outcome subscribe(struct request *r)
{
	size_t count = params_count(r);

	if (!names_check(r, true))
		return REQUEST_ANSWERED;
	for (size_t i = 0; i < count; i++) {
		if (hub_subscribe(r->hub, r->client, param(r, i))) {
			error_answer(r, 2, "Invalid request: too many parameters");
			return REQUEST_ANSWERED;
		}
	}
	result_answer(r, "null");
	return REQUEST_SUBSCRIBED;
}

static void unsubscribe(struct request *r)
{
	size_t count = params_count(r);

	if (!names_check(r, false))
		return;
	for (size_t i = 0; i < count; i++)
		hub_unsubscribe(r->hub, r->client, param(r, i));
	result_answer(r, "null");
}

static void list(struct request *r)
{
	buf_add_str(r->answer, "{\"result\":[");
	for (size_t i = 0; i < r->client->stream_count; i++) {
		const char *name = hub_stream_name(r->client->streams[i]);

		if (i > 0)
			buf_add_char(r->answer, ',');
		buf_add_json(r->answer, name, strlen(name));
	}
	buf_printf(r->answer, "],\"id\":%s}", r->id);
}

static void property(struct request *r, bool set)
{
	struct slice name = params_count(r) > 0 ? param(r, 0) : (struct slice){NULL, 0};
	struct json_object *value =
		set && params_count(r) > 1 ? json_object_array_get_idx(r->params, 1) : NULL;

	if (!name.data)
		error_answer(r, 2, "Invalid request: property name must be a string");
	else if (params_count(r) > (set ? 2 : 1))
		error_answer(r, 2, "Invalid request: too many parameters");
	else if (!slice_is(name, "combined"))
		error_answer(r, 0, "Unknown property");
	else if (set && !json_object_is_type(value, json_type_boolean))
		error_answer(r, 1, "Invalid value type: expected Boolean");
	else if (set) {
		r->client->combined = json_object_get_boolean(value);
		result_answer(r, "null");
	} else {
		result_answer(r, r->client->combined ? "true" : "false");
	}
}

static enum request_outcome method_do(struct request *r, enum method method)
{
	switch (method) {
	case METHOD_SUBSCRIBE:
		return subscribe(r);
	case METHOD_UNSUBSCRIBE:
		unsubscribe(r);
		break;
	case METHOD_LIST:
		list(r);
		break;
	case METHOD_SET:
	case METHOD_GET:
		property(r, method == METHOD_SET);
		break;
	case METHOD_COUNT:
		break;
	}
	return REQUEST_ANSWERED;
}

static enum request_outcome request_do(struct request *r, size_t len)
{
	struct json_object *name = NULL;
	char message[256];
	int method = 0;

	if (!id_read(r)) {
		snprintf(r->id, sizeof(r->id), "null");
		error_answer(r, 2, "Invalid request: request ID must be an unsigned integer");
		return REQUEST_ANSWERED;
	}
	if (!json_object_object_get_ex(r->root, "method", &name) ||
		!json_object_is_type(name, json_type_string)) {
		snprintf(message, sizeof(message),
			"Invalid request: missing field `method` at line 1 column %zu", len);
		error_answer(r, 2, message);
		return REQUEST_ANSWERED;
	}
	while (method < METHOD_COUNT &&
		strcmp(json_object_get_string(name), method_names[method]) != 0)
		method++;
	if (method == METHOD_COUNT) {
		snprintf(message, sizeof(message),
			"Invalid request: unknown variant %.60s, expected one of `SUBSCRIBE`, "
			"`UNSUBSCRIBE`, "
			"`LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 column 28",
			json_object_get_string(name));
		error_answer(r, 2, message);
		return REQUEST_ANSWERED;
	}
	if (json_object_object_get_ex(r->root, "params", &r->params) &&
		!json_object_is_type(r->params, json_type_array)) {
		error_answer(r, 2, "Invalid request: params must be an array");
		return REQUEST_ANSWERED;
	}
	return method_do(r, (enum method)method);
}

enum request_outcome exchange_request(
	struct hub *h, struct hub_client *c, const char *text, size_t len, struct buf *answer)
{
	struct request r = {.hub = h, .client = c, .id = "null", .answer = answer};
	struct json_tokener *tokener = json_tokener_new();
	enum request_outcome outcome = REQUEST_ANSWERED;
	size_t end = 0;

	if (tokener) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
		r.root = json_tokener_parse_ex(tokener, text, (int)len);
		end = json_tokener_get_parse_end(tokener);
		if (json_tokener_get_error(tokener) == json_tokener_continue)
			end = len;
	}
	if (!r.root || !json_object_is_type(r.root, json_type_object))
		buf_printf(answer,
			"{\"error\":{\"code\":3,\"msg\":\"Invalid JSON: expected value at line 1 "
			"column %zu\"}}",
			end > 0 ? end : 1);
	else
		outcome = request_do(&r, len);
	json_object_put(r.root);
	json_tokener_free(tokener);
	return outcome;
}
