#include "control.h"
#include "member.h"
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
	[CONTROL_BEGIN] = "begin",
	[CONTROL_ALIVE] = "alive",
	[CONTROL_ENDED] = "ended",
};
#define KIND_COUNT (sizeof(kind_names) / sizeof(kind_names[0]))

void control_done(struct control *c)
{
	if (!c)
		return;
	free(c->symbols);
	free(c->running);
	*c = (struct control){0};
}

void control_format(const struct control *c, struct buf *out)
{
	buf_add_char(out, '{');
	buf_add_json_member(out, "session", c->session);
	buf_add_json_member(out, "collector", c->collector);
	buf_add_json_member(out, "kind", kind_names[c->kind]);
	buf_printf(out, "\"seq\":%lld,\"T\":%lld,\"clock\":%lld,\"speed\":%.15g,\"partition\":%d",
		(long long)c->seq, (long long)c->t_us, (long long)c->clock_us,
		isfinite(c->speed) ? c->speed : 0.0, c->partition);
	if (c->cause[0]) {
		buf_add_str(out, ",\"cause\":");
		buf_add_json(out, c->cause, strlen(c->cause));
	}
	if (c->has_symbols) {
		buf_add_str(out, ",\"symbols\":[");
		for (size_t i = 0; i < c->symbol_count; i++) {
			if (i > 0)
				buf_add_char(out, ',');
			buf_add_json(out, c->symbols[i], strlen(c->symbols[i]));
		}
		buf_add_char(out, ']');
	}
	for (size_t i = 0; i < c->running_count; i++) {
		buf_add_str(out, i ? "," : ",\"running\":[");
		buf_add_json(out, c->running[i], strlen(c->running[i]));
	}
	buf_add_str(out, c->running_count ? "]}" : "}");
}

static int read_kind(const struct members *m, enum control_kind *out)
{
	int kind;

	if (member_choice(m, "kind", kind_names, KIND_COUNT, &kind) != 0)
		return -1;
	*out = (enum control_kind)kind;
	return 0;
}

static int read_partition(const struct members *m, int *out)
{
	int64_t number;

	if (member_int(m, "partition", &number) != 0)
		return -1;
	if (number < 0 || number > INT_MAX)
		return err_set(m->e, "member 'partition' is out of range");
	*out = (int)number;
	return 0;
}

static int read_speed(const struct members *m, double *out)
{
	double speed;

	if (member_double(m, "speed", &speed) != 0)
		return -1;
	if (!isfinite(speed) || speed < 0)
		return err_set(m->e, "member 'speed' is out of range");
	*out = speed;
	return 0;
}

static int read_symbols(const struct members *m, struct control *c)
{
	struct json_object *array;

	if (member_array(m, "symbols", &array) != 0)
		return -1;
	size_t count = json_object_array_length(array);
	/* One more than asked, so that no symbols is no special case for calloc. */
	c->symbols = calloc(count + 1, sizeof(*c->symbols));
	if (!c->symbols)
		return err_set(m->e, "no memory for %zu symbols", count);
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		if (!member_is_text(item, SYMBOL_SIZE))
			return err_set(m->e, "member 'symbols' has no symbol at %zu", i);
		memcpy(c->symbols[i], json_object_get_string(item),
			(size_t)json_object_get_string_len(item));
	}
	c->symbol_count = count;
	c->has_symbols = true;
	return 0;
}

static int read_running(const struct members *m, struct control *c)
{
	struct json_object *array;

	if (member_array(m, "running", &array) != 0)
		return -1;
	size_t count = json_object_array_length(array);
	if (count == 0 || count > CONTROL_RUNNING_MAX)
		return err_set(
			m->e, "member 'running' has not 1 to %d sessions", CONTROL_RUNNING_MAX);
	c->running = calloc(count, sizeof(*c->running));
	if (!c->running)
		return err_set(m->e, "no memory for %zu sessions", count);
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);
		if (!member_is_text(item, SESSION_SIZE))
			return err_set(m->e, "member 'running' has no session at %zu", i);
		memcpy(c->running[i], json_object_get_string(item),
			(size_t)json_object_get_string_len(item));
	}
	c->running_count = count;
	return 0;
}

static int read_members(const struct members *m, struct control *c)
{
	if (member_text(m, "session", c->session, sizeof(c->session)) != 0 ||
		member_text(m, "collector", c->collector, sizeof(c->collector)) != 0 ||
		read_kind(m, &c->kind) != 0 || member_int(m, "seq", &c->seq) != 0 ||
		member_int(m, "T", &c->t_us) != 0 || member_int(m, "clock", &c->clock_us) != 0 ||
		read_speed(m, &c->speed) != 0 || read_partition(m, &c->partition) != 0)
		return -1;
	if (member_exists(m, "cause") && member_text(m, "cause", c->cause, sizeof(c->cause)) != 0)
		return -1;
	if (member_exists(m, "symbols") && read_symbols(m, c) != 0)
		return -1;
	return member_exists(m, "running") ? read_running(m, c) : 0;
}

static int read_control(const struct members *m, void *out)
{
	struct control c = {0};

	if (read_members(m, &c) != 0) {
		control_done(&c);
		return -1;
	}
	*(struct control *)out = c;
	return 0;
}

int control_parse(struct control *out, const char *json, size_t len, struct err *e)
{
	return member_parse(json, len, read_control, out, e);
}
