#include "truth.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct truth {
	FILE *file;
};

struct truth *truth_open(const char *path, struct err *e)
{
	struct truth *t = calloc(1, sizeof(*t));

	if (t && (t->file = fopen(path, "we"))) {
		setvbuf(t->file, NULL, _IOFBF, 1 << 20);
		return t;
	}
	err_set(e, "cannot write '%s': %s", path, strerror(errno));
	free(t);
	return NULL;
}

int truth_close(struct truth *t, struct err *e)
{
	bool failed;

	if (!t)
		return 0;
	failed = ferror(t->file);
	failed |= fclose(t->file) != 0;
	free(t);
	return failed ? err_set(e, "the truth file could not be written: %s", strerror(errno)) : 0;
}

void truth_write(struct truth *t, const struct market_event *ev, bool sent)
{
	const struct slice *object = ev->object.data ? &ev->object : &ev->frame;

	fprintf(t->file, "%s %lld ", sent ? "sent" : "unsent", (long long)ev->at_us);
	if (ev->name.data)
		fwrite(ev->name.data, 1, ev->name.len, t->file);
	else
		fputc('-', t->file);
	fputc(' ', t->file);
	fwrite(object->data, 1, object->len, t->file);
	fputc('\n', t->file);
}

void truth_record(
	struct truth *t, const char *word, int64_t at_us, int64_t connection, struct slice object)
{
	fprintf(t->file, "%s %lld ", word, (long long)at_us);
	if (connection)
		fprintf(t->file, "#%lld ", (long long)connection);
	else
		fputs("- ", t->file);
	fwrite(object.data, 1, object.len, t->file);
	fputc('\n', t->file);
}

void truth_flush(struct truth *t)
{
	fflush(t->file);
}
