#include "fault.h"
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
const struct fault_row fault_table[FAULT_KINDS] = {
	[FAULT_RESET] = {"reset", FAULT_CONNECTION, 0, NULL, NULL, NULL, {{0}},
		"The TCP connection is reset."},
	[FAULT_CLOSE] = {"close", FAULT_CONNECTION, 0, NULL, "reason", "", {
		{"code", 1001, 0, 4999, 1000, 1015}},
		"A close frame with this code; 0: one without a code."},
	[FAULT_SHUTDOWN] = {"shutdown", FAULT_CONNECTION, 0, NULL, NULL, NULL, {
		{"lead", 10, 0, 86400, 0.5, 10}},
		"serverShutdown is announced; so many market seconds later the connection is closed."},
	[FAULT_SILENCE] = {"silence", FAULT_STATE, 0, NULL, NULL, NULL, {{0}},
		"Half-open: nothing is sent or read any more, the TCP connection stays."},
	[FAULT_NO_PINGS] = {"no_pings", FAULT_STATE, 0, NULL, NULL, NULL, {{0}}, "No PINGs are sent."},
	[FAULT_SLOW] = {"slow", FAULT_STATE, 0, NULL, NULL, NULL, {
		{"rate", 1000, 1, 1e9, 200, 20000}},
		"At most so many bytes a second of the host are sent."},
	[FAULT_LIFE] = {"life", FAULT_STATE, 0, NULL, NULL, NULL, {
		{"seconds", 86400, 0, 1e9, 1, 30}, {"code", 0, 0, 4999, 0, 0}},
		"A connection is cut at this age in market seconds; code 0: without a close frame."},
	[FAULT_MUTE] = {"mute", FAULT_FRAME, 0, "stream", NULL, NULL, {{0}}, "Frames are never sent."},
	[FAULT_DUPLICATE] = {"duplicate", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"copies", 2, 2, 1000, 2, 4}}, "A frame is sent more than once."},
	[FAULT_DISORDER] = {"disorder", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"frames", 3, 1, 100000, 1, 20}}, "A frame is sent behind so many that follow it."},
	[FAULT_LATE] = {"late", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"seconds", 3600, 0.001, 1e9, 0.5, 10}}, "A frame is sent so many market seconds later."},
	[FAULT_BURST] = {"burst", FAULT_FRAME, 1400, "stream", NULL, NULL, {{0}},
		"Frames are held back, in order, until there are `count` or `for` is over; then all at once."},
	[FAULT_FRAGMENTS] = {"fragments", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"pieces", 3, 2, 100000, 2, 10}, {"pings", 0, 0, 1, 0, 1}},
		"A frame is sent in pieces; pings 1: with a PING between them."},
	[FAULT_CHUNKS] = {"chunks", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"bytes", 1, 1, 1e6, 1, 10}}, "A frame is written in so small pieces of TCP."},
	[FAULT_BINARY] = {"binary", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"extra", 0, 0, 1, 0, 0}}, "A frame is sent as binary; extra 1: and then as it should."},
	[FAULT_UTF8] = {"utf8", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"extra", 0, 0, 1, 0, 0}}, "A frame with a byte in it that is no UTF-8."},
	[FAULT_MALFORMED] = {"malformed", FAULT_FRAME, 1, "stream", NULL, NULL, {
		{"extra", 0, 0, 1, 0, 0}}, "A frame that is cut off, so it is no JSON."},
	[FAULT_MEMBER] = {"member", FAULT_FRAME, 1, "stream", NULL, NULL, {{0}},
		"An event with members that nobody knows, in front of the others and behind them."},
	[FAULT_OVERSIZED] = {"oversized", FAULT_EXTRA, 0, NULL, NULL, NULL, {
		{"bytes", 5242880, 1, 6e7, 100000, 6e6}}, "A frame of this size that means nothing."},
	[FAULT_UNKNOWN] = {"unknown", FAULT_EXTRA, 0, NULL, "event", "somethingNew", {{0}},
		"An event that nobody knows."},
	[FAULT_ACK_LOST] = {"ack_lost", FAULT_ANSWER, 1, NULL, NULL, NULL, {
		{"done", 1, 0, 1, 0, 1}}, "A request is not answered; done 0: and not carried out."},
	[FAULT_ACK_WRONG] = {"ack_wrong", FAULT_ANSWER, 1, NULL, NULL, NULL, {
		{"wrong_id", 987654321, 0, 9e15, 1e6, 1e9}}, "A request is answered with an id that is not its own."},
	[FAULT_ACK_ERROR] = {"ack_error", FAULT_ANSWER, 1, NULL, "msg", "Invalid request: invalid stream", {
		{"code", 2, -99999, 99999, 2, 2}, {"bare", 0, 0, 1, 0, 1}},
		"A request is refused; bare 1: the error is not nested."},
	[FAULT_REFUSE] = {"refuse", FAULT_UPGRADE, 1, NULL, NULL, NULL, {
		{"status", 403, 400, 599, 503, 503}, {"retry_after", 0, 0, 1e6, 1, 2}},
		"A handshake is answered with this status."},
	[FAULT_STALL] = {"stall", FAULT_UPGRADE, 1, NULL, NULL, NULL, {{0}}, "A handshake is never answered."},
	[FAULT_REST_ERROR] = {"rest_error", FAULT_REST, 1, "path", NULL, NULL, {
		{"status", 429, 400, 599, 500, 504}, {"retry_after", 1, 0, 1e6, 1, 2}},
		"A request is answered with this status; of 429 and 418 with Retry-After."},
	[FAULT_CLOCK] = {"clock", FAULT_MARKET, 0, NULL, NULL, NULL, {
		{"ms", 1000, -1e12, 1e12, -2000, 2000}},
		"The venue's clock goes forward, or stands still until it is so much behind."},
	[FAULT_HALT] = {"halt", FAULT_MARKET, 0, "symbol", "status", "HALT", {
		{"seconds", 60, 0, 1e9, 1, 20}, {"rows", 1, 0, 1, 0, 1}},
		"Nobody trades for so many market seconds (0: ever again); rows 0: there are no klines either."},
	[FAULT_RESTATE] = {"restate", FAULT_MARKET, 0, "symbol", NULL, NULL, {
		{"from", 60, 0, 1e9, 10, 60}, {"seconds", 60, 1, 1e9, 1, 10}, {"factor", 1.0044, 0.01, 100, 1.001, 1.05}},
		"REST tells more or less volume of the bars from so many seconds ago on, for so many seconds."},
};
/* clang-format on */

void fault_init(struct fault *f, enum fault_kind kind)
{
	const struct fault_row *row = &fault_table[kind];

	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->at = f->after = -1;
	f->count = row->count;
	f->share = 1;
	for (int i = 0; i < FAULT_NUMBERS; i++)
		f->numbers[i] = row->numbers[i].value;
	if (row->value)
		snprintf(f->text, sizeof(f->text), "%s", row->value);
}

enum fault_kind fault_kind_find(const char *name)
{
	int kind = 0;

	while (kind < FAULT_KINDS && strcmp(fault_table[kind].name, name) != 0)
		kind++;
	return (enum fault_kind)kind;
}

const char *fault_state_name(enum fault_state s)
{
	switch (s) {
	case FAULT_WAITING:
		return "waiting";
	case FAULT_ACTIVE:
		return "active";
	case FAULT_DONE:
		return "done";
	}
	return "?";
}

bool fault_where(const struct fault *f, struct slice name)
{
	char text[FAULT_TEXT_SIZE * 2];

	if (!f->where[0])
		return true;
	if (!name.data || name.len >= sizeof(text))
		return false;
	memcpy(text, name.data, name.len);
	text[name.len] = '\0';
	return fnmatch(f->where, text, 0) == 0;
}

static void text_member(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, ",\"%s\":", name);
	buf_add_json(out, value, strlen(value));
}

void fault_print(const struct fault *f, struct buf *out)
{
	const struct fault_row *row = &fault_table[f->kind];

	buf_printf(out, "{\"id\":%lld,\"fault\":\"%s\"", (long long)f->id, row->name);
	if (f->at >= 0)
		buf_printf(out, ",\"at\":%.15g", f->at);
	if (f->after >= 0)
		buf_printf(out, ",\"after\":%lld", (long long)f->after);
	buf_printf(out, ",\"for\":%.15g,\"count\":%lld,\"share\":%.15g,\"connection\":%lld",
		f->length, (long long)f->count, f->share, (long long)f->connection);
	if (row->where && f->where[0])
		text_member(out, row->where, f->where);
	if (row->text)
		text_member(out, row->text, f->text);
	for (int i = 0; i < FAULT_NUMBERS && row->numbers[i].name; i++)
		buf_printf(out, ",\"%s\":%.15g", row->numbers[i].name, f->numbers[i]);
	buf_printf(out, ",\"state\":\"%s\",\"hits\":%lld}", fault_state_name(f->state),
		(long long)f->hits);
}

void fault_table_print(struct buf *out)
{
	static const char *const seams[] = {
		"connection", "state", "frame", "extra", "answer", "upgrade", "rest", "market"};

	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		const struct fault_row *row = &fault_table[kind];

		buf_printf(out, "%c{\"fault\":\"%s\",\"acts_on\":\"%s\",\"count\":%lld",
			kind == 0 ? '[' : ',', row->name, seams[row->seam], (long long)row->count);
		if (row->where)
			text_member(out, row->where, "*");
		if (row->text)
			text_member(out, row->text, row->value);
		for (int i = 0; i < FAULT_NUMBERS && row->numbers[i].name; i++)
			buf_printf(
				out, ",\"%s\":%.15g", row->numbers[i].name, row->numbers[i].value);
		text_member(out, "help", row->help);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ']');
}
