#include "rest_rows.h"
#include "json_scan.h"
#include <string.h>

struct agg_trade_members {
	struct json_value id, price, quantity, first, last, time, maker;
};

#define MEMBER(name, field)                                                                        \
	{                                                                                          \
		name, offsetof(struct agg_trade_members, field), NULL                              \
	}
/* In the order of history_row's columns. */
static const struct json_wanted agg_trade_wanted[] = {
	MEMBER("a", id),
	MEMBER("p", price),
	MEMBER("q", quantity),
	MEMBER("f", first),
	MEMBER("l", last),
	MEMBER("T", time),
	MEMBER("m", maker),
	{NULL, 0, NULL},
};

static const char *skip(const char *p, const char *end)
{
	while (p < end && strchr(" \t\r\n,", *p))
		p++;
	return p;
}

/* The end of the value at `p`. The text is known to be JSON, so brackets match. */
static const char *value_end(const char *p, const char *end)
{
	bool text = false;
	int depth = 0;

	for (; p < end; p++) {
		if (text) {
			if (*p == '\\')
				p++;
			else if (*p == '"')
				text = false;
		} else if (*p == '"') {
			text = true;
		} else if (*p == '[' || *p == '{') {
			depth++;
		} else if (*p == ']' || *p == '}') {
			if (depth-- == 0)
				return p;
		} else if (depth == 0 && strchr(" \t\r\n,", *p)) {
			return p;
		}
	}
	return end;
}

int rest_rows_begin(
	struct rest_rows *r, struct given_kind kind, const char *json, size_t len, struct err *e)
{
	static const struct json_wanted nothing[] = {{NULL, 0, NULL}};
	const char *end = json + len;

	if (len == 0 || json_scan(json, len, nothing, NULL) < 0)
		return err_set(e, "the answer is no JSON");
	json = skip(json, end);
	if (*json != '[')
		return err_set(e, "the answer is no list");
	*r = (struct rest_rows){.kind = kind, .at = json + 1, .end = end};
	return 0;
}

/* Numbers and decimals alike: the quotes are the exchange's way, the columns' types are checked behind it. */
static struct history_text plain(const char *at, size_t len)
{
	if (len >= 2 && at[0] == '"')
		return (struct history_text){at + 1, len - 2};
	return (struct history_text){at, len};
}

static size_t split_array(struct rest_rows *r, const char *at, const char *end)
{
	size_t count = 0;

	for (at = skip(at + 1, end); at < end && *at != ']' && count < HISTORY_COLUMNS_MAX;
		at = skip(at, end)) {
		const char *value = at;
		at = value_end(at, end);
		r->columns[count++] = plain(value, (size_t)(at - value));
	}
	return count;
}

static size_t split_object(struct rest_rows *r, const char *at, const char *end)
{
	struct agg_trade_members m;
	const struct json_value *all = &m.id;
	size_t count = sizeof(m) / sizeof(m.id), found = 0;

	if (json_scan(at, (size_t)(end - at), agg_trade_wanted, &m) < 0)
		return 0;
	for (size_t i = 0; i < count && all[i].at; i++)
		r->columns[found++] = plain(all[i].at, all[i].len);
	return found;
}

int rest_rows_next(struct rest_rows *r, struct history_row *row, struct err *e)
{
	const char *at = skip(r->at, r->end);
	size_t count;

	if (at >= r->end || *at == ']')
		return 0;
	r->at = value_end(at, r->end);
	r->number++;
	if (*at == '[' && r->kind.stream == STREAM_KLINE_1S)
		count = split_array(r, at, r->at);
	else if (*at == '{' && r->kind.stream == STREAM_AGG_TRADE)
		count = split_object(r, at, r->at);
	else
		return err_set(e, "row %d of the answer: not what it should be", r->number);
	if (history_row_read(r->kind, r->columns, count, row, e) < 0)
		return err_wrap(e, "row %d of the answer", r->number);
	return 1;
}
