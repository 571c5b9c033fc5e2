#include "fill.h"
#include "member.h"
#include <json-c/json.h>
#include <string.h>

static const char *const state_names[] = {
	[FILL_REPAIRING] = "repairing",
	[FILL_DONE] = "done",
	[FILL_UNREPAIRABLE] = "unrepairable",
};
#define STATE_COUNT (sizeof(state_names) / sizeof(state_names[0]))

const char *fill_state_name(enum fill_state s)
{
	return state_names[s];
}

enum stream_kind fill_through(enum stream_kind stream)
{
	return stream_table[stream].filled_by;
}

void fill_format(const struct fill *f, struct buf *out)
{
	buf_add_char(out, '{');
	buf_add_json_member(out, "symbol", f->symbol);
	buf_add_json_member(out, "stream", stream_table[f->stream].name);
	buf_printf(out, "\"from\":%lld,\"to\":%lld,", (long long)f->from_us, (long long)f->to_us);
	buf_add_json_member(out, "cause", f->cause);
	buf_add_json_member(out, "state", state_names[f->state]);
	buf_add_json_member(out, "reason", f->reason);
	buf_printf(out,
		"\"rows\":%lld,\"first_id\":%lld,\"last_id\":%lld,"
		"\"rows_from\":%lld,\"rows_to\":%lld}",
		(long long)f->rows, (long long)f->first_id, (long long)f->last_id,
		(long long)f->rows_from_us, (long long)f->rows_to_us);
}

static int read_stream(const struct members *m, enum stream_kind *out)
{
	char text[32];

	if (member_text(m, "stream", text, sizeof(text)) != 0)
		return -1;
	const struct stream *s = stream_find(text);
	if (!s)
		return err_set(m->e, "member 'stream' is '%s', which is no stream", text);
	*out = s->kind;
	return 0;
}

static int read_state(const struct members *m, enum fill_state *out)
{
	int state;

	if (member_choice(m, "state", state_names, STATE_COUNT, &state) != 0)
		return -1;
	*out = (enum fill_state)state;
	return 0;
}

/* Texts of other records are never empty; a reason may be, or absent. */
static int read_reason(const struct members *m, struct fill *f)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(m->object, "reason", &value) ||
		(json_object_is_type(value, json_type_string) &&
			json_object_get_string_len(value) == 0))
		return 0;
	return member_text(m, "reason", f->reason, sizeof(f->reason));
}

/* Records of earlier versions have none of the two. */
static int read_where(const struct members *m, struct fill *f)
{
	f->rows_from_us = f->from_us;
	f->rows_to_us = f->to_us;
	if (member_exists(m, "rows_from") && member_int(m, "rows_from", &f->rows_from_us) != 0)
		return -1;
	if (member_exists(m, "rows_to") && member_int(m, "rows_to", &f->rows_to_us) != 0)
		return -1;
	if (f->rows_from_us > f->from_us)
		return err_set(m->e, "member 'rows_from' is behind 'from'");
	return f->rows_to_us < f->to_us ? err_set(m->e, "member 'rows_to' is below 'to'") : 0;
}

static int read_members(const struct members *m, struct fill *f)
{
	if (member_text(m, "symbol", f->symbol, sizeof(f->symbol)) != 0 ||
		read_stream(m, &f->stream) != 0 || member_int(m, "from", &f->from_us) != 0 ||
		member_int(m, "to", &f->to_us) != 0 ||
		member_text(m, "cause", f->cause, sizeof(f->cause)) != 0 ||
		read_state(m, &f->state) != 0 || read_reason(m, f) != 0 ||
		member_int(m, "rows", &f->rows) != 0 ||
		member_int(m, "first_id", &f->first_id) != 0 ||
		member_int(m, "last_id", &f->last_id) != 0)
		return -1;
	if (f->to_us < f->from_us)
		return err_set(m->e, "member 'to' is below 'from'");
	if (read_where(m, f) != 0)
		return -1;
	return f->rows < 0 ? err_set(m->e, "member 'rows' is negative") : 0;
}

static int read_fill(const struct members *m, void *out)
{
	struct fill f = {0};

	if (read_members(m, &f) != 0)
		return -1;
	*(struct fill *)out = f;
	return 0;
}

int fill_parse(struct fill *out, const char *json, size_t len, struct err *e)
{
	return member_parse(json, len, read_fill, out, e);
}
