#include "given.h"
#include "member.h"
#include <json-c/json.h>
#include <string.h>

#define DEPTH_MAX 4
#define BEGIN "{\"given\":"

static const struct {
	const char *name;
	struct given_kind kind;
} kinds[] = {
	{"kline_1s", {STREAM_KLINE_1S, LADDER_1S}},
	{"kline_1m", {STREAM_KLINE_1S, LADDER_1M}},
	{"kline_1h", {STREAM_KLINE_1S, LADDER_1H}},
	{"kline_1d", {STREAM_KLINE_1S, LADDER_1D}},
	{"trade", {STREAM_TRADE, LADDER_1S}},
	{"aggTrade", {STREAM_AGG_TRADE, LADDER_1S}},
};
#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

const char *given_kind_name(struct given_kind k)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].kind.stream == k.stream && kinds[i].kind.level == k.level)
			return kinds[i].name;
	return "";
}

void given_format(const struct given *g, struct buf *out)
{
	buf_printf(out, BEGIN "\"%s\",\"symbol\":", given_kind_name(g->kind));
	buf_add_json(out, g->symbol, strlen(g->symbol));
	buf_printf(out, ",\"from\":%lld,\"to\":%lld,\"first_id\":%lld,\"last_id\":%lld,\"reason\":",
		(long long)g->from_us, (long long)g->to_us, (long long)g->first_id,
		(long long)g->last_id);
	buf_add_json(out, g->reason, strlen(g->reason));
	buf_add_char(out, '}');
}

bool given_is(const char *json, size_t len)
{
	return len >= strlen(BEGIN) && memcmp(json, BEGIN, strlen(BEGIN)) == 0;
}

static int read_kind(const struct members *m, struct given_kind *out)
{
	char text[16];

	if (member_text(m, "given", text, sizeof(text)) != 0)
		return -1;
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (strcmp(kinds[i].name, text) == 0) {
			*out = kinds[i].kind;
			return 0;
		}
	}
	return err_set(m->e, "member 'given' is '%s', which can't be given", text);
}

/* Empty: there is none. */
static int read_reason(const struct members *m, char *out, size_t size)
{
	struct json_object *value = NULL;

	if (json_object_object_get_ex(m->object, "reason", &value) &&
		json_object_is_type(value, json_type_string) &&
		json_object_get_string_len(value) == 0)
		return 0;
	return member_text(m, "reason", out, size);
}

static int check(const struct given *g, struct err *e)
{
	bool ids = g->kind.stream != STREAM_KLINE_1S;

	if (g->to_us < g->from_us)
		return err_set(e, "member 'to' is below 'from'");
	if (ids && (g->first_id < 0 || g->last_id < g->first_id))
		return err_set(e, "members 'first_id' and 'last_id' are no range of ids");
	if (!ids && (g->from_us % ladder_width_us[g->kind.level] != 0 ||
			    g->to_us % ladder_width_us[g->kind.level] != 0))
		return err_set(e, "members 'from' and 'to' are no bounds of bars of %s",
			ladder_name[g->kind.level]);
	return 0;
}

static int read_members(const struct members *m, struct given *g)
{
	if (read_kind(m, &g->kind) != 0 ||
		member_text(m, "symbol", g->symbol, sizeof(g->symbol)) != 0 ||
		member_int(m, "from", &g->from_us) != 0 || member_int(m, "to", &g->to_us) != 0 ||
		member_int(m, "first_id", &g->first_id) != 0 ||
		member_int(m, "last_id", &g->last_id) != 0 ||
		read_reason(m, g->reason, sizeof(g->reason)) != 0)
		return -1;
	return check(g, m->e);
}

int given_parse(struct given *out, const char *json, size_t len, struct err *e)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *root = NULL;
	struct given g = {.first_id = -1};
	int rc = -1;

	if (!tokener)
		return err_set(e, "no memory to parse JSON");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	root = member_root(tokener, json, len, e);
	if (root) {
		const struct members m = {root, "", e};
		rc = read_members(&m, &g);
	}
	if (rc == 0)
		*out = g;
	json_object_put(root);
	json_tokener_free(tokener);
	return rc;
}
