#include "meta_record.h"
#include "member.h"
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define REVISION_KEY "rev/"

struct meta_parser {
	struct json_tokener *tokener;
};

struct meta_parser *meta_parser_new(void)
{
	struct meta_parser *p = calloc(1, sizeof(*p));
	if (p == NULL || (p->tokener = json_tokener_new()) == NULL) {
		free(p);
		return NULL;
	}
	return p;
}

void meta_parser_free(struct meta_parser *p)
{
	if (p == NULL)
		return;
	json_tokener_free(p->tokener);
	free(p);
}

/* A number of digits alone that ends with `end`; returns what follows it, NULL: not so. */
static const char *take_number(const char *text, char end, int64_t *out)
{
	char *after;
	if (*text < '0' || *text > '9')
		return NULL;
	errno = 0;
	long long value = strtoll(text, &after, 10);
	if (errno != 0 || *after != end)
		return NULL;
	*out = value;
	return after + (end != '\0');
}

static int parse_revision(const struct members *m, struct meta_record *out)
{
	char text[64];
	if (member_text(m, "revision", text, sizeof(text)) != 0)
		return -1;
	const char *number = take_number(text, '.', &out->generation);
	if (number == NULL || take_number(number, '\0', &out->revision) == NULL)
		return err_set(m->e, "revision '%s' is not <generation>.<number>", text);
	return 0;
}

static enum meta_kind kind_of(const struct kafka_record *r, struct meta_record *out)
{
	size_t prefix = strlen(REVISION_KEY);
	if (r->key == NULL || r->value == NULL)
		return META_OTHER;
	if (r->key_len == 5 && memcmp(r->key, "epoch", 5) == 0)
		return META_EPOCH;
	if (r->key_len <= prefix || r->key_len - prefix >= sizeof(out->symbol) ||
		memcmp(r->key, REVISION_KEY, prefix) != 0 || memchr(r->key, '\0', r->key_len))
		return META_OTHER;
	memcpy(out->symbol, r->key + prefix, r->key_len - prefix);
	out->symbol[r->key_len - prefix] = '\0';
	return META_REVISION;
}

int meta_parse(struct meta_parser *p, const struct kafka_record *record, struct meta_record *out,
	struct err *e)
{
	struct meta_record r = {.kind = META_OTHER};
	r.kind = kind_of(record, &r);
	if (r.kind == META_OTHER) {
		*out = r;
		return 0;
	}
	struct json_object *object = member_root(p->tokener, record->value, record->value_len, e);
	if (object == NULL)
		return -1;
	struct members m = {.object = object, .path = "", .e = e};
	int rc = r.kind == META_EPOCH ? member_int(&m, "epoch", &r.epoch) : parse_revision(&m, &r);
	json_object_put(object);
	if (rc == 0)
		*out = r;
	return rc;
}
