#include "settings.h"
#include "inifile.h"
#include "kafka_property.h"
#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENV_PREFIX "PRICEGRAPH_"
#define NAME_SIZE 200
#define TEXTS (1u << SETTING_TEXT | 1u << SETTING_SECRET | 1u << SETTING_NAME)

struct settings {
	size_t count;
	struct setting_value *values; /* one for each row of the table */
	size_t property_count;
	struct setting_value *properties; /* of librdkafka, in the order given */
};

void settings_free(struct settings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		setting_value_done(&s->values[i]);
	for (size_t i = 0; i < s->property_count; i++)
		setting_value_done(&s->properties[i]);
	free(s->values);
	free(s->properties);
	free(s);
}

static int set_row(struct settings *s, size_t i, const char *text, const struct setting_place *at,
	struct err *e)
{
	const struct setting *row = &setting_table[i];
	struct setting_value *v = &s->values[i], fresh;

	if (at->append && row->type != SETTING_LIST)
		return err_set(e, "%s.%s is no list: it can't go on in a further line",
			row->section, row->key);
	bool onto = at->append && v->source == at->source;
	if (setting_value_init(&fresh, NULL, onto ? v->text : NULL, text, at) < 0)
		return err_set(e, "no memory");
	if (setting_value_parse(&fresh, row, e) < 0) {
		setting_value_done(&fresh);
		return err_wrap(e, "%s.%s", row->section, row->key);
	}
	if (at->source >= v->source) {
		setting_value_done(v);
		*v = fresh;
	} else {
		setting_value_done(&fresh);
	}
	return 0;
}

static int set_property(struct settings *s, const char *key, const char *text,
	const struct setting_place *at, struct err *e)
{
	struct setting_value fresh, *v = s->properties;
	size_t n = s->property_count, i = 0;

	if (at->append)
		return err_set(e, "kafka.%s is no list: it can't go on in a further line", key);
	if (kafka_property_check(key, text, e) < 0)
		return err_wrap(e, "kafka.%s", key);
	while (i < n && strcmp(v[i].key, key) != 0)
		i++;
	if (i < n && v[i].source > at->source)
		return 0;
	if (i == n) {
		v = realloc(v, (n + 1) * sizeof(*v));
		if (!v)
			return err_set(e, "no memory");
		s->properties = v;
	}
	if (setting_value_init(&fresh, key, NULL, text, at) < 0)
		return err_set(e, "no memory");
	if (i == n)
		s->property_count++;
	else
		setting_value_done(&v[i]);
	v[i] = fresh;
	return 0;
}

static int assign(struct settings *s, const char *const name[2], const char *text,
	const struct setting_place *at, struct err *e)
{
	const char *section = name[0], *key = name[1];
	bool known = false;

	for (size_t i = 0; i < s->count; i++) {
		if (strcmp(setting_table[i].section, section) != 0)
			continue;
		if (strcmp(setting_table[i].key, key) == 0)
			return set_row(s, i, text, at, e);
		known = true;
	}
	if (strcmp(section, "kafka") == 0 && *key)
		return set_property(s, key, text, at, e);
	if (known)
		return err_set(e, "section [%s] has no setting '%s'", section, key);
	return err_set(e, "there is no section [%s]", section);
}

/* The variable's name of a setting, without the prefix. */
static void env_name(char out[NAME_SIZE], const char *section, const char *key)
{
	snprintf(out, NAME_SIZE, "%s_%s", section, key);
	for (char *p = out; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)toupper((unsigned char)*p) : '_';
}

static bool names_section(const char *name)
{
	char prefix[NAME_SIZE];

	for (const struct setting *row = setting_table; row->section; row++) {
		env_name(prefix, row->section, "");
		if (strncmp(name, prefix, strlen(prefix)) == 0)
			return true;
	}
	return false;
}

/* `name` without the prefix. */
static int set_from_variable(struct settings *s, const char *name, const char *text, struct err *e)
{
	struct setting_place at = {.source = SETTING_ENVIRONMENT};
	char candidate[NAME_SIZE];

	snprintf(at.where, sizeof(at.where), ENV_PREFIX "%s", name);
	for (size_t i = 0; i < s->count; i++) {
		env_name(candidate, setting_table[i].section, setting_table[i].key);
		if (strcmp(candidate, name) == 0)
			return set_row(s, i, text, &at, e);
	}
	if (strncmp(name, "KAFKA_", 6) == 0 && name[6]) {
		snprintf(candidate, sizeof(candidate), "%s", name + 6);
		for (char *p = candidate; *p; p++)
			*p = *p == '_' ? '.' : (char)tolower((unsigned char)*p);
		return set_property(s, candidate, text, &at, e);
	}
	return names_section(name) ? err_set(e, "there is no such setting") : 0;
}

static int read_environment(struct settings *s, struct err *e)
{
	char name[NAME_SIZE];

	for (char **p = environ; p && *p; p++) {
		if (strncmp(*p, ENV_PREFIX, strlen(ENV_PREFIX)) != 0)
			continue;
		const char *start = *p + strlen(ENV_PREFIX), *eq = strchr(start, '=');
		if (!eq || (size_t)(eq - start) >= sizeof(name))
			continue;
		memcpy(name, start, (size_t)(eq - start));
		name[eq - start] = '\0';
		if (set_from_variable(s, name, eq + 1, e) < 0)
			return err_wrap(e, "environment variable " ENV_PREFIX "%s", name);
	}
	return 0;
}

static struct settings *new_at_defaults(struct err *e)
{
	const struct setting_place at = {.source = SETTING_DEFAULT, .where = "default"};
	struct settings *s = calloc(1, sizeof(*s));
	size_t count = 0;

	while (setting_table[count].section)
		count++;
	if (!s || !(s->values = calloc(count + 1, sizeof(*s->values)))) {
		free(s);
		err_set(e, "no memory");
		return NULL;
	}
	s->count = count;
	for (size_t i = 0; i < count; i++) {
		if (set_row(s, i, setting_table[i].default_text, &at, e) < 0) {
			settings_free(s);
			return NULL;
		}
	}
	return s;
}

struct settings *settings_new(struct err *e)
{
	struct settings *s = new_at_defaults(e);

	if (s && read_environment(s, e) < 0) {
		settings_free(s);
		return NULL;
	}
	return s;
}

static struct setting_place place_of(const struct setting_value *v)
{
	struct setting_place at = {.source = v->source};

	memcpy(at.where, v->where, sizeof(at.where));
	return at;
}

static struct settings *copy_of(const struct settings *s, struct err *e)
{
	struct settings *copy = new_at_defaults(e);

	for (size_t i = 0; copy && i < s->count + s->property_count; i++) {
		bool row = i < s->count;
		const struct setting_value *v = row ? &s->values[i] : &s->properties[i - s->count];
		struct setting_place at = place_of(v);
		int set = row ? set_row(copy, i, v->text, &at, e)
			      : set_property(copy, v->key, v->text, &at, e);
		if (set < 0) {
			settings_free(copy);
			copy = NULL;
		}
	}
	return copy;
}

struct reading {
	struct settings *s;
	const char *path;
};

static int take_line(void *arg, const struct inifile_line *line, struct err *e)
{
	const struct reading *r = arg;
	struct setting_place at = {.source = SETTING_FILE, .append = line->further};

	snprintf(at.where, sizeof(at.where), "%s:%d", r->path, line->number);
	return assign(r->s, (const char *const[2]){line->section, line->key}, line->text, &at, e);
}

int settings_read_file(struct settings *s, const char *path, struct err *e)
{
	struct settings *copy = copy_of(s, e);
	struct reading r = {copy, path};

	if (!copy)
		return -1;
	int result = inifile_read(path, take_line, &r, e);
	if (result == 0) {
		struct settings old = *s;
		*s = *copy;
		*copy = old;
	}
	settings_free(copy);
	return result;
}

int settings_set(struct settings *s, const char *assignment, struct err *e)
{
	const struct setting_place at = {.source = SETTING_OPTION, .where = "--set"};
	const char *dot = strchr(assignment, '.'), *eq = dot ? strchr(dot, '=') : NULL;
	char section[NAME_SIZE], key[NAME_SIZE];

	if (!eq || dot - assignment >= NAME_SIZE || eq - dot > NAME_SIZE ||
		memchr(assignment, '=', (size_t)(dot - assignment)))
		return err_set(e, "'%s' is not section.key=value", assignment);
	snprintf(section, sizeof(section), "%.*s", (int)(dot - assignment), assignment);
	snprintf(key, sizeof(key), "%.*s", (int)(eq - dot - 1), dot + 1);
	if (assign(s, (const char *const[2]){section, key}, eq + 1, &at, e) < 0)
		return err_wrap(e, "--set %s.%s", section, key);
	return 0;
}

static const struct setting_value *find(
	const struct settings *s, const char *section, const char *key, unsigned types)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct setting *row = &setting_table[i];
		if (strcmp(row->section, section) == 0 && strcmp(row->key, key) == 0) {
			assert(types & 1u << row->type);
			return &s->values[i];
		}
	}
	assert(!"the table has this setting");
	return NULL;
}

const char *settings_text(const struct settings *s, const char *section, const char *key)
{
	return find(s, section, key, TEXTS)->text;
}

int64_t settings_int(const struct settings *s, const char *section, const char *key)
{
	return find(s, section, key, 1u << SETTING_INT)->number;
}

double settings_float(const struct settings *s, const char *section, const char *key)
{
	return find(s, section, key, 1u << SETTING_FLOAT)->real;
}

bool settings_bool(const struct settings *s, const char *section, const char *key)
{
	return find(s, section, key, 1u << SETTING_BOOL)->number;
}

const char *settings_item(const struct settings *s, const char *section, const char *key, size_t i)
{
	char **items = find(s, section, key, 1u << SETTING_LIST)->items;

	for (size_t at = 0; at < i; at++)
		if (!items[at])
			return NULL;
	return items[i];
}

bool settings_kafka_property(
	const struct settings *s, size_t i, const char **key, const char **value)
{
	if (i >= s->property_count)
		return false;
	*key = s->properties[i].key;
	*value = s->properties[i].text;
	return true;
}

/* librdkafka has no list of its secrets; these words are in the names of all of them. */
static bool property_is_secret(const char *key)
{
	static const char *const words[] = {"password", "secret", "key.pem", "jaas", "token"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(key, words[i]))
			return true;
	return false;
}

static void print_value(
	struct buf *out, const char *key, const struct setting_value *v, bool secret)
{
	buf_printf(out, "%s = %s ; %s\n", key, secret && *v->text ? "***" : v->text, v->where);
}

static void print_properties(const struct settings *s, struct buf *out)
{
	for (size_t i = 0; i < s->property_count; i++) {
		const struct setting_value *v = &s->properties[i];
		print_value(out, v->key, v, property_is_secret(v->key));
	}
}

void settings_print(const struct settings *s, struct buf *out)
{
	const char *section = "";

	for (size_t i = 0; setting_table[i].section; i++) {
		const struct setting *row = &setting_table[i];
		if (strcmp(row->section, section) != 0)
			buf_printf(out, "%s[%s]\n", i ? "\n" : "", row->section);
		section = row->section;
		print_value(out, row->key, &s->values[i], row->type == SETTING_SECRET);
		const char *next = row[1].section ? row[1].section : "";
		if (strcmp(section, "kafka") == 0 && strcmp(next, "kafka") != 0)
			print_properties(s, out);
	}
}
