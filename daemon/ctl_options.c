#include "ctl_options.h"
#include "clock.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct option {
	const char *name;
	bool has_value;
	size_t offset; /* of the member, a text or a flag */
} options[] = {
	{"from", true, offsetof(struct ctl_options, from)},
	{"reason", true, offsetof(struct ctl_options, reason)},
	{"interval", true, offsetof(struct ctl_options, interval)},
	{"inverse", true, offsetof(struct ctl_options, inverse)},
	{"symbol", true, offsetof(struct ctl_options, symbol)},
	{"kind", true, offsetof(struct ctl_options, kind)},
	{"dry-run", false, offsetof(struct ctl_options, dry_run)},
	{"from-kafka", false, offsetof(struct ctl_options, from_kafka)},
};

static bool is_allowed(const char *allowed, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = allowed; (at = strstr(at, name)); at += len)
		if ((at == allowed || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

static const struct option *find(const char *allowed, const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strlen(options[i].name) == len && memcmp(options[i].name, text, len) == 0 &&
			is_allowed(allowed, options[i].name))
			return &options[i];
	return NULL;
}

/* Takes the option at *argument; moves on to its value if that is the next argument. */
static int take(struct ctl_options *out, char ***argument, const char *allowed, struct err *e)
{
	const char *text = **argument + 2, *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	const struct option *o = find(allowed, text, len);
	char *member = (char *)out;

	if (!o)
		return err_set(e, "there is no option --%.*s here", (int)len, text);
	member += o->offset;
	if (!o->has_value) {
		bool *flag = (bool *)(void *)member;

		if (equals)
			return err_set(e, "--%s takes no value", o->name);
		*flag = true;
		return 0;
	}
	const char **value = (const char **)(void *)member;
	if (*value)
		return err_set(e, "--%s is given twice", o->name);
	*value = equals ? equals + 1 : *++*argument;
	if (!*value || !**value)
		return err_set(e, "--%s needs a value", o->name);
	return 0;
}

int ctl_options_read(struct ctl_options *out, char **arguments, const char *allowed, struct err *e)
{
	struct ctl_options o = {.words = arguments};

	for (; *arguments; arguments++) {
		if (strncmp(*arguments, "--", 2) != 0)
			o.words[o.word_count++] = *arguments;
		else if (take(&o, &arguments, allowed, e) != 0)
			return -1;
	}
	o.words[o.word_count] = NULL;
	*out = o;
	return 0;
}

int ctl_time_read(const char *text, int64_t *us, struct err *e)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S",
		"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"};
	char *end;
	long long number = strtoll(text, &end, 10);

	if (*text && !*end && number > 0 && clock_from_exchange(number) > 0) {
		*us = clock_from_exchange(number);
		return 0;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {.tm_mday = 1};
		const char *rest = strptime(text, forms[i], &tm);

		if (rest && (!*rest || strcmp(rest, "Z") == 0)) {
			*us = (int64_t)timegm(&tm) * SECOND_US;
			return 0;
		}
	}
	return err_set(e, "'%s' is no time: ms since 1970, or like 2024-01-02T03:04:05", text);
}
