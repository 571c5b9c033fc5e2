#include "err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, const char *format, ...)
{
	/* The old reason may be an argument, so the new one is built apart from it. */
	char text[ERR_TEXT_SIZE];
	va_list args;

	if (!e)
		return -1;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	memcpy(e->text, text, strlen(text) + 1);
	return -1;
}

int err_wrap(struct err *e, const char *format, ...)
{
	char context[ERR_TEXT_SIZE], reason[ERR_TEXT_SIZE];
	va_list args;

	if (!e)
		return -1;
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	memcpy(reason, e->text, sizeof(reason));
	const char *parts[] = {context, ": ", reason};
	size_t len = 0;
	for (size_t i = 0; i < 3; i++) {
		size_t room = sizeof(e->text) - 1 - len, n = strnlen(parts[i], room);
		memcpy(e->text + len, parts[i], n);
		len += n;
	}
	e->text[len] = '\0';
	return -1;
}
