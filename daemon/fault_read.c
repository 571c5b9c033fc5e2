#include "fault_read.h"
#include "market_cascade.h"
#include "utf8.h"
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_LINE_MAX (64u << 10)

double fault_chance(uint64_t *seed)
{
	*seed = market_mix(*seed, 1);
	return (double)(*seed >> 11) / 9007199254740992.0;
}

static int list_add(struct fault_list *l, const struct fault *f, struct err *e)
{
	size_t room = l->room ? 2 * l->room : 16;
	struct fault *more;

	if (l->count == FAULTS_MAX)
		return err_set(e, "more than %d faults", FAULTS_MAX);
	if (l->count == l->room) {
		more = realloc(l->items, room * sizeof(*more));
		if (!more)
			return err_set(e, "no memory");
		l->items = more;
		l->room = room;
	}
	l->items[l->count++] = *f;
	return 0;
}

static int number_read(
	struct json_object *v, const char *name, const double bounds[2], double *out, struct err *e)
{
	double x;

	if (json_object_is_type(v, json_type_boolean)) {
		x = json_object_get_boolean(v);
	} else if (json_object_is_type(v, json_type_int) ||
		   json_object_is_type(v, json_type_double)) {
		x = json_object_get_double(v);
	} else {
		return err_set(e, "'%s' is no number", name);
	}
	if (!(x >= bounds[0] && x <= bounds[1]))
		return err_set(e, "'%s' must lie in %.15g..%.15g", name, bounds[0], bounds[1]);
	*out = x;
	return 0;
}

static int whole_read(struct json_object *v, const char *name, const double bounds[2], int64_t *out,
	struct err *e)
{
	double x = 0;

	if (number_read(v, name, bounds, &x, e))
		return -1;
	if (x != floor(x))
		return err_set(e, "'%s' is no whole number", name);
	*out = (int64_t)x;
	return 0;
}

/* json-c lets overlong forms pass; printed they would become other texts, and longer ones. */
static bool is_utf8(const unsigned char *text, size_t len)
{
	for (size_t i = 0, n; i < len; i += n)
		if ((n = utf8_len(text + i, len - i)) == 0)
			return false;
	return true;
}

static int text_read(
	struct json_object *v, const char *name, char out[FAULT_TEXT_SIZE], struct err *e)
{
	if (!json_object_is_type(v, json_type_string))
		return err_set(e, "'%s' is no text", name);
	if (memchr(json_object_get_string(v), '\0', (size_t)json_object_get_string_len(v)))
		return err_set(e, "'%s' holds a NUL", name);
	if (!is_utf8((const unsigned char *)json_object_get_string(v),
		    (size_t)json_object_get_string_len(v)))
		return err_set(e, "'%s' is no UTF-8", name);
	if (json_object_get_string_len(v) >= FAULT_TEXT_SIZE)
		return err_set(e, "'%s' is longer than %d bytes", name, FAULT_TEXT_SIZE - 1);
	snprintf(out, FAULT_TEXT_SIZE, "%s", json_object_get_string(v));
	return 0;
}

/* A member that its kind's row names. */
static int own_member(struct fault *f, const char *name, struct json_object *v, struct err *e)
{
	const struct fault_row *row = &fault_table[f->kind];

	if (row->where && strcmp(name, row->where) == 0)
		return text_read(v, name, f->where, e);
	if (row->text && strcmp(name, row->text) == 0)
		return text_read(v, name, f->text, e);
	for (int i = 0; i < FAULT_NUMBERS && row->numbers[i].name; i++) {
		const struct fault_number *n = &row->numbers[i];

		if (strcmp(name, n->name) == 0)
			return number_read(v, name, (double[]){n->min, n->max}, &f->numbers[i], e);
	}
	return err_set(e, "fault '%s' has no '%.40s'", row->name, name);
}

static int member_read(struct fault *f, const char *name, struct json_object *v, struct err *e)
{
	static const double any[] = {0, 1e12}, unit[] = {0, 1}, whom[] = {-1, 1e12};

	if (strcmp(name, "fault") == 0 || strcmp(name, "id") == 0 || strcmp(name, "state") == 0 ||
		strcmp(name, "hits") == 0)
		return 0; /* of a fault that was printed */
	if (strcmp(name, "at") == 0)
		return number_read(v, name, any, &f->at, e);
	if (strcmp(name, "for") == 0)
		return number_read(v, name, any, &f->length, e);
	if (strcmp(name, "share") == 0)
		return number_read(v, name, unit, &f->share, e);
	if (strcmp(name, "after") == 0)
		return whole_read(v, name, any, &f->after, e);
	if (strcmp(name, "count") == 0)
		return whole_read(v, name, any, &f->count, e);
	if (strcmp(name, "connection") == 0)
		return whole_read(v, name, whom, &f->connection, e);
	return own_member(f, name, v, e);
}

static int one_read(struct fault_list *l, struct json_object *o, struct err *e)
{
	struct json_object *kind;
	struct fault f;

	if (!json_object_object_get_ex(o, "fault", &kind) ||
		!json_object_is_type(kind, json_type_string))
		return err_set(e, "neither 'fault' nor 'random' is named");
	if (fault_kind_find(json_object_get_string(kind)) == FAULT_KINDS)
		return err_set(e, "there is no fault '%.40s'", json_object_get_string(kind));
	fault_init(&f, fault_kind_find(json_object_get_string(kind)));
	json_object_object_foreach(o, name, value)
	{
		if (member_read(&f, name, value, e))
			return -1;
	}
	if (f.at >= 0 && f.after >= 0)
		return err_set(e, "'at' and 'after' exclude each other");
	return list_add(l, &f, e);
}

struct lot { /* what chance draws from */
	int64_t count;
	double from, to, length;
	enum fault_kind kinds[FAULT_KINDS];
	size_t kind_count;
};

static int kinds_read(struct lot *lot, struct json_object *list, struct err *e)
{
	if (!json_object_is_type(list, json_type_array))
		return err_set(e, "'kinds' is no list");
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));
		enum fault_kind kind = fault_kind_find(name ? name : "");

		if (kind == FAULT_KINDS)
			return err_set(e, "there is no fault '%.40s'", name ? name : "null");
		if (lot->kind_count < FAULT_KINDS)
			lot->kinds[lot->kind_count++] = kind;
	}
	return 0;
}

static int lot_read(struct lot *lot, struct json_object *o, struct err *e)
{
	static const double any[] = {0, 1e12}, some[] = {1, FAULTS_MAX};
	int rc = 0;

	*lot = (struct lot){.to = 60, .length = 5};
	json_object_object_foreach(o, name, value)
	{
		if (strcmp(name, "random") == 0)
			rc = whole_read(value, name, some, &lot->count, e);
		else if (strcmp(name, "from") == 0)
			rc = number_read(value, name, any, &lot->from, e);
		else if (strcmp(name, "to") == 0)
			rc = number_read(value, name, any, &lot->to, e);
		else if (strcmp(name, "for") == 0)
			rc = number_read(value, name, any, &lot->length, e);
		else if (strcmp(name, "kinds") == 0)
			rc = kinds_read(lot, value, e);
		else
			rc = err_set(e, "'random' has no '%.40s'", name);
		if (rc)
			return rc;
	}
	if (lot->to < lot->from)
		return err_set(e, "'to' lies before 'from'");
	/* What changes the market itself must be named. */
	for (int kind = 0; lot->kind_count == 0 && kind < FAULT_KINDS; kind++) {
		if (fault_table[kind].seam == FAULT_MARKET)
			break;
		lot->kinds[kind] = (enum fault_kind)kind;
	}
	if (lot->kind_count == 0)
		lot->kind_count = FAULT_CLOCK;
	return 0;
}

static int lot_draw(struct fault_list *l, struct json_object *o, uint64_t *seed, struct err *e)
{
	struct lot lot;

	if (lot_read(&lot, o, e))
		return -1;
	for (int64_t n = 0; n < lot.count; n++) {
		enum fault_kind kind =
			lot.kinds[(size_t)(fault_chance(seed) * (double)lot.kind_count)];
		struct fault f;

		fault_init(&f, kind);
		f.at = lot.from + fault_chance(seed) * (lot.to - lot.from);
		f.length = lot.length * (0.1 + 0.9 * fault_chance(seed));
		for (int i = 0; i < FAULT_NUMBERS && fault_table[kind].numbers[i].name; i++) {
			const struct fault_number *p = &fault_table[kind].numbers[i];
			double x = p->low + fault_chance(seed) * (p->high - p->low);

			f.numbers[i] = p->high - p->low > 1 || p->high <= 1 ? round(x) : x;
		}
		if (list_add(l, &f, e))
			return -1;
	}
	return 0;
}

static int value_read(struct fault_list *l, struct json_object *v, uint64_t *seed, struct err *e)
{
	struct json_object *unused;

	if (!json_object_is_type(v, json_type_object))
		return err_set(e, "no object");
	if (json_object_object_get_ex(v, "random", &unused))
		return lot_draw(l, v, seed, e);
	return one_read(l, v, e);
}

int fault_read(struct fault_list *l, const char *text, size_t len, uint64_t *seed, struct err *e)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *root = NULL;
	size_t before = l->count;
	int rc = 0;

	if (tokener && len <= INT32_MAX) {
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		root = json_tokener_parse_ex(tokener, text, (int)len);
		if (!root && json_tokener_get_error(tokener) == json_tokener_continue)
			root = json_tokener_parse_ex(tokener, "", 1);
	}
	if (!root)
		rc = err_set(e, "no JSON");
	else if (!json_object_is_type(root, json_type_array))
		rc = value_read(l, root, seed, e);
	for (size_t i = 0; rc == 0 && json_object_is_type(root, json_type_array) &&
			   i < json_object_array_length(root);
		i++)
		rc = value_read(l, json_object_array_get_idx(root, i), seed, e);
	json_object_put(root);
	json_tokener_free(tokener);
	if (rc)
		l->count = before;
	return rc;
}

int fault_read_file(struct fault_list *l, const char *path, uint64_t *seed, struct err *e)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0, before = l->count;
	struct err reason;
	ssize_t len;
	int rc = 0;

	if (!file)
		return err_set(e, "cannot open '%s': %s", path, strerror(errno));
	for (int n = 1; rc == 0 && (len = getline(&line, &room, file)) >= 0; n++) {
		size_t blank = strspn(line, " \t\r\n");

		if ((size_t)len > SCRIPT_LINE_MAX)
			rc = err_set(
				e, "%s:%d: a line of more than %u bytes", path, n, SCRIPT_LINE_MAX);
		else if (blank < (size_t)len && line[blank] != '#' &&
			 fault_read(l, line, (size_t)len, seed, &reason))
			rc = err_set(e, "%s:%d: %s", path, n, reason.text);
	}
	if (rc == 0 && ferror(file))
		rc = err_set(e, "cannot read '%s': %s", path, strerror(errno));
	free(line);
	fclose(file);
	if (rc)
		l->count = before;
	return rc;
}
