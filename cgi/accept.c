#include "accept.h"
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* How exactly a range names a type: 0 not at all, 1 by all types, 2 by text/all, 3 itself. */
static int exactness(const char *range, size_t len, const char *type, size_t type_len)
{
	size_t main_len = (size_t)((const char *)memchr(type, '/', type_len) - type) + 1;

	if (len == 3 && memcmp(range, "*/*", 3) == 0)
		return 1;
	if (len == main_len + 1 && range[main_len] == '*' &&
		strncasecmp(range, type, main_len) == 0)
		return 2;
	return len == type_len && strncasecmp(range, type, len) == 0 ? 3 : 0;
}

/* Whether the parameters of a range, from behind it to `end`, say q=0, 0.0, 0.00 or 0.000. */
static bool is_refusal(const char *params, const char *end)
{
	for (const char *p = params; p < end; p++) {
		size_t len;

		if (*p != ';')
			continue;
		p += 1 + strspn(p + 1, " \t");
		if (strncasecmp(p, "q=", 2) != 0) {
			p--; /* it may be the next ';' already */
			continue;
		}
		len = strspn(p + 2, "0.");
		return len > 0 && (p[2 + len] == '\0' || strchr(",; \t", p[2 + len]) != NULL);
	}
	return false;
}

/* The most exact range decides. */
static bool admits(const char *accept, const char *type, size_t type_len)
{
	int best = 0;
	bool taken = accept[strspn(accept, " \t,")] == '\0';

	for (const char *p = accept; *p != '\0'; p += *p == ',') {
		const char *range, *end;
		size_t len;
		int exact;

		range = p + strspn(p, " \t");
		end = range + strcspn(range, ",");
		len = strcspn(range, ",; \t");
		exact = exactness(range, len, type, type_len);
		if (exact > best) {
			best = exact;
			taken = !is_refusal(range + len, end);
		}
		p = end;
	}
	return taken;
}

bool accept_one(const char *accept, const char *type)
{
	return admits(accept, type, strcspn(type, "; "));
}

bool accept_any(const char *accept, const char *types)
{
	for (const char *type = types; *type != '\0'; type += *type == '|') {
		size_t len = strcspn(type, "|");

		if (admits(accept, type, len))
			return true;
		type += len;
	}
	return false;
}
