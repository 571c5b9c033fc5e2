#include "feed_frame.h"
#include "clock.h"
#include <stdio.h>
#include <string.h>

/* Members of an event object. */
struct event_members {
	struct json_value e, event_time, symbol, kline, kline_interval;
};

struct frame_members {
	struct json_value stream, data, result, error, error_code, error_msg, code, msg, id;
	struct event_members wrapped, bare;
};

/* The members of an event whose struct event_members is `in` of struct frame_members. */
#define KLINE_MEMBERS(in)                                                                          \
	(const struct json_wanted[])                                                               \
	{                                                                                          \
		{"i", offsetof(struct frame_members, in.kline_interval), NULL},                    \
		{                                                                                  \
			NULL, 0, NULL                                                              \
		}                                                                                  \
	}
#define EVENT_MEMBERS(in)                                                                          \
	{"e", offsetof(struct frame_members, in.e), NULL},                                         \
		{"E", offsetof(struct frame_members, in.event_time), NULL},                        \
		{"s", offsetof(struct frame_members, in.symbol), NULL},                            \
	{                                                                                          \
		"k", offsetof(struct frame_members, in.kline), KLINE_MEMBERS(in)                   \
	}

static const struct json_wanted error_members[] = {
	{"code", offsetof(struct frame_members, error_code), NULL},
	{"msg", offsetof(struct frame_members, error_msg), NULL},
	{NULL, 0, NULL},
};
static const struct json_wanted data_members[] = {
	EVENT_MEMBERS(wrapped),
	{NULL, 0, NULL},
};
static const struct json_wanted members[] = {
	{"stream", offsetof(struct frame_members, stream), NULL},
	{"data", offsetof(struct frame_members, data), data_members},
	EVENT_MEMBERS(bare),
	{"result", offsetof(struct frame_members, result), NULL},
	{"error", offsetof(struct frame_members, error), error_members},
	{"code", offsetof(struct frame_members, code), NULL},
	{"msg", offsetof(struct frame_members, msg), NULL},
	{"id", offsetof(struct frame_members, id), NULL},
	{NULL, 0, NULL},
};

static void set_bad(struct feed_frame *out, const char *reason)
{
	out->kind = FEED_BAD;
	out->reason = reason;
}

/* Both shapes of an error: nested under `error` as on the wire, bare as in the documents. */
static void read_answer(struct feed_frame *out, const struct frame_members *m)
{
	const struct json_value *code = m->error.at ? &m->error_code : &m->code;
	const struct json_value *msg = m->error.at ? &m->error_msg : &m->msg;
	struct feed_answer *a = &out->answer;

	out->kind = FEED_ANSWER;
	a->has_id = json_scan_int(&m->id, &a->id) == 0;
	a->failed = m->error.at || !m->result.at;
	a->result = m->result;
	if (json_scan_int(code, &a->code) < 0)
		a->code = -1;
	if (json_scan_text(msg, a->message, sizeof(a->message)) < 0)
		a->message[0] = '\0';
}

static void read_event_time(struct feed_frame *out, const struct event_members *m)
{
	int64_t t;
	out->event_us = json_scan_int(&m->event_time, &t) < 0 ? -1 : clock_from_exchange(t);
}

static bool read_notice(struct feed_frame *out, const struct event_members *m)
{
	if (json_scan_equals(&m->e, "serverShutdown"))
		out->notice = FEED_SERVER_SHUTDOWN;
	else if (json_scan_equals(&m->e, "replayEnded"))
		out->notice = FEED_REPLAY_ENDED;
	else if (json_scan_equals(&m->e, "replayJumped"))
		out->notice = FEED_REPLAY_JUMPED;
	else
		return false;
	out->kind = FEED_NOTICE;
	read_event_time(out, m);
	return true;
}

static void read_event(struct feed_frame *out, const struct event_members *m)
{
	int len = json_scan_text(&m->symbol, out->symbol, sizeof(out->symbol));

	if (!m->symbol.at)
		return set_bad(out, "event without symbol");
	if (len <= 0)
		return set_bad(out, "symbol is no text of 1 to 63 bytes");
	out->kind = FEED_EVENT;
	out->symbol_len = (size_t)len;
	read_event_time(out, m);
}

static void read_array(struct feed_frame *out, const struct json_value *data)
{
	if (!json_scan_is_array(data))
		return set_bad(out, "data is no array");
	out->kind = FEED_ARRAY;
	out->stream = STREAM_MINI_TICKER;
	out->data = *data;
}

static void read_wrapped(struct feed_frame *out, const struct frame_members *m)
{
	size_t symbol_len;
	const struct stream *stream;

	if (!json_scan_is_string(&m->stream) || !m->data.at)
		return set_bad(out, "wrapper without stream or data");
	if (read_notice(out, &m->wrapped))
		return;
	if (json_scan_equals(&m->stream, FEED_ARRAY_NAME))
		return read_array(out, &m->data);
	stream = stream_of_name(m->stream.at + 1, m->stream.len - 2, &symbol_len);
	if (!stream)
		return;
	if (!json_scan_is_object(&m->data))
		return set_bad(out, "data is no object");
	if (!json_scan_equals(&m->wrapped.e, stream->event))
		return;
	out->stream = stream->kind;
	out->data = m->data;
	read_event(out, &m->wrapped);
}

/* kline_1s, kline_1m, ... share one `e`; their interval tells which it is. */
static bool is_event_of(const struct event_members *m, const struct stream *stream)
{
	char interval[8] = "", name[32];

	if (!json_scan_equals(&m->e, stream->event))
		return false;
	if (!m->kline_interval.at)
		return true;
	if (json_scan_text(&m->kline_interval, interval, sizeof(interval)) < 0)
		return false;
	snprintf(name, sizeof(name), "kline_%s", interval);
	return strcmp(name, stream->name) == 0;
}

static void read_bare(struct feed_frame *out, const struct frame_members *m)
{
	if (read_notice(out, &m->bare))
		return;
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (is_event_of(&m->bare, &stream_table[i])) {
			out->stream = stream_table[i].kind;
			read_event(out, &m->bare);
			return;
		}
	}
}

void feed_frame_read(struct feed_frame *out, const char *bytes, size_t len)
{
	struct frame_members m;
	const char *end = bytes + len;

	out->kind = FEED_UNKNOWN;
	if (json_scan(bytes, len, members, &m) < 0)
		return set_bad(out, "not JSON");
	while (bytes < end && strchr(" \t\r\n", *bytes))
		bytes++;
	while (end > bytes && strchr(" \t\r\n", end[-1]))
		end--;
	if (*bytes == '[')
		return read_array(out, &(struct json_value){bytes, (size_t)(end - bytes)});
	if (*bytes != '{')
		return set_bad(out, "no object");
	if (m.stream.at) {
		read_wrapped(out, &m);
	} else if (m.bare.e.at) {
		out->data = (struct json_value){bytes, (size_t)(end - bytes)};
		read_bare(out, &m);
	} else if (m.result.at || m.error.at || (m.code.at && m.msg.at)) {
		read_answer(out, &m);
	}
}
