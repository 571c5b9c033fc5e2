#include "recording_line.h"
#include "clock.h"
#include <ctype.h>
#include <string.h>

#define TIME_DIGITS_MAX 19
#define TIME_MS_MIN 100000000000LL
#define TIME_US_MIN 100000000000000LL
#define TIME_NS_MIN 100000000000000000LL

/* Reads digits; returns how many, 0 if none or too many. */
static size_t digits_read(const char *text, size_t len, int64_t *out)
{
	size_t n = 0;
	uint64_t value = 0;

	for (; n < len && isdigit((unsigned char)text[n]); n++) {
		if (n == TIME_DIGITS_MAX)
			return 0;
		value = value * 10 + (uint64_t)(text[n] - '0');
	}
	if (value > INT64_MAX)
		return 0;
	*out = (int64_t)value;
	return n;
}

/* `<integer> `: by magnitude. Returns the bytes taken, 0 = no time. */
static size_t time_integer(const char *text, size_t len, int64_t *us)
{
	int64_t t = 0;
	size_t n = digits_read(text, len, &t);

	if (n == 0 || n == len || text[n] != ' ' || t < TIME_MS_MIN)
		return 0;
	if (t >= TIME_NS_MIN)
		*us = t / 1000;
	else
		*us = t >= TIME_US_MIN ? t : t * MS_US;
	return n + 1;
}

/* `<seconds>[.<fraction>]: `. Returns the bytes taken, 0 = no time. */
static size_t time_seconds(const char *text, size_t len, int64_t *us)
{
	int64_t t = 0, unit = SECOND_US / 10;
	size_t n = digits_read(text, len, &t);

	if (n == 0 || n > 11)
		return 0;
	t *= SECOND_US;
	if (n < len && text[n] == '.') {
		for (n++; n < len && isdigit((unsigned char)text[n]); n++, unit /= 10)
			t += (text[n] - '0') * unit;
	}
	if (n == len || text[n] != ':')
		return 0;
	*us = t;
	n++;
	return n + (n < len && text[n] == ' ');
}

static void event_members_find(struct recording_line *l)
{
	struct json_members m;
	struct slice key, value;

	if (!json_members_begin(&m, l->data))
		return;
	while (json_members_next(&m, &key, &value)) {
		if (key.len != 1)
			continue;
		if (key.data[0] == 'e')
			l->event = json_string(value);
		else if (key.data[0] == 's')
			l->symbol = json_string(value);
		else if (key.data[0] == 'E' && json_integer(value, &l->event_us))
			l->event_us = clock_from_exchange(l->event_us);
	}
}

/* `symbol` in lower case, '@' and the stream; no name if it does not fit. */
static void name_write(
	struct recording_line *l, struct slice symbol, const char *stream, struct slice interval)
{
	size_t n = symbol.len, len = strlen(stream);

	if (n + 1 + len + interval.len > sizeof(l->made_name))
		return;
	for (size_t i = 0; i < n; i++)
		l->made_name[i] = (char)tolower((unsigned char)symbol.data[i]);
	l->made_name[n++] = '@';
	memcpy(l->made_name + n, stream, len);
	n += len;
	if (interval.len)
		memcpy(l->made_name + n, interval.data, interval.len);
	l->name = (struct slice){l->made_name, n + interval.len};
}

/* An event without wrapper has the name that its e, s and interval give it. */
static void name_make(struct recording_line *l)
{
	static const char *const names[][2] = {{"24hrMiniTicker", "miniTicker"},
		{"24hrTicker", "ticker"}, {"trade", "trade"}, {"aggTrade", "aggTrade"},
		{"avgPrice", "avgPrice"}, {"kline", "kline_"}};
	struct slice interval = {NULL, 0};

	if (!l->symbol.data)
		return;
	if (slice_is(l->event, "kline"))
		interval = json_string(json_member(json_member(l->data, "k"), "i"));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (slice_is(l->event, names[i][0]))
			name_write(l, l->symbol, names[i][1], interval);
	}
}

bool recording_line_parse(struct recording_line *out, const char *text, size_t len)
{
	struct slice name, data;
	size_t n = time_integer(text, len, &out->received_us);

	if (n == 0)
		n = time_seconds(text, len, &out->received_us);
	if (n == 0)
		return false;
	out->frame = (struct slice){text + n, len - n};
	out->event = out->symbol = out->name = out->data = (struct slice){NULL, 0};
	out->event_us = -1;
	name = json_string(json_member(out->frame, "stream"));
	data = json_member(out->frame, "data");
	out->wrapped = name.data && data.data;
	if (out->wrapped) {
		out->name = name;
		out->data = data;
	} else if (out->frame.len > 0 && out->frame.data[0] == '{') {
		out->data = out->frame;
	}
	event_members_find(out);
	if (!out->wrapped)
		name_make(out);
	return true;
}
