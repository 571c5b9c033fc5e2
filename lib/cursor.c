#include "cursor.h"
#include <stdio.h>
#include <string.h>

#define STREAM_NAME_MAX 64

void cursor_init(struct cursor *c, const char *venue, int64_t epoch)
{
	*c = (struct cursor){.epoch = epoch};
	snprintf(c->venue, sizeof(c->venue), "%s", venue);
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		for (int k = 0; k < STREAM_COUNT; k++)
			c->parts[i].next[k] = CURSOR_NONE;
}

void cursor_format(const struct cursor *c, struct buf *out)
{
	buf_printf(out, "c1:%s:%lld", c->venue, (long long)c->epoch);
	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		if (!c->parts[i].present)
			continue;
		buf_printf(out, ":%d", i);
		for (int k = 0; k < STREAM_COUNT; k++)
			if (c->parts[i].next[k] != CURSOR_NONE)
				buf_printf(out, ".%s.%lld", stream_table[k].name,
					(long long)c->parts[i].next[k]);
	}
}

/* What is left to read. */
struct text {
	const char *p, *end;
};

static bool take(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

/* The bytes up to the next '.' or ':' or the end. */
static struct text take_word(struct text *t)
{
	struct text word = {t->p, t->p};

	while (t->p < t->end && *t->p != '.' && *t->p != ':')
		t->p++;
	word.end = t->p;
	return word;
}

static int take_number(struct text *t, int64_t *out)
{
	struct text word = take_word(t);
	int64_t number = 0;

	if (word.p == word.end)
		return -1;
	for (; word.p < word.end; word.p++)
		if (*word.p < '0' || *word.p > '9' || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, *word.p - '0', &number))
			return -1;
	*out = number;
	return 0;
}

static bool is_name(struct text word, size_t max)
{
	size_t len = (size_t)(word.end - word.p);

	if (!len || len > max)
		return false;
	for (; word.p < word.end; word.p++) {
		char c = *word.p;
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return true;
}

static int take_venue(struct cursor *c, struct text *t)
{
	struct text word = take_word(t);

	if (!is_name(word, sizeof(c->venue) - 1))
		return -1;
	memcpy(c->venue, word.p, (size_t)(word.end - word.p));
	c->venue[word.end - word.p] = '\0';
	return 0;
}

/* ".stream.offset"; a stream that is not in the table is passed over. */
static int take_stream(struct cursor_part *part, struct text *t, struct err *e)
{
	struct text word = take_word(t);
	char name[STREAM_NAME_MAX + 1];
	int64_t offset;

	if (!is_name(word, STREAM_NAME_MAX))
		return err_set(e, "cursor: a stream's name is missing or not one");
	memcpy(name, word.p, (size_t)(word.end - word.p));
	name[word.end - word.p] = '\0';
	if (!take(t, '.') || take_number(t, &offset) < 0)
		return err_set(e, "cursor: stream %s without an offset", name);
	const struct stream *s = stream_find(name);
	if (!s)
		return 0;
	if (part->next[s->kind] != CURSOR_NONE)
		return err_set(e, "cursor: stream %s twice in a partition", name);
	part->next[s->kind] = offset;
	return 0;
}

static int take_part(struct cursor *c, struct text *t, struct err *e)
{
	int64_t i;

	if (take_number(t, &i) < 0 || i >= TOPIC_PARTITIONS)
		return err_set(e, "cursor: a partition is not in 0..%d", TOPIC_PARTITIONS - 1);
	if (c->parts[i].present)
		return err_set(e, "cursor: partition %d twice", (int)i);
	c->parts[i].present = true;
	while (take(t, '.'))
		if (take_stream(&c->parts[i], t, e) < 0)
			return -1;
	return 0;
}

int cursor_parse(struct cursor *out, const char *text, size_t len, struct err *e)
{
	struct text t = {text, text + len};
	struct cursor c;

	cursor_init(&c, "", 0);
	if (!take(&t, 'c') || !take(&t, '1') || !take(&t, ':'))
		return err_set(e, "cursor: does not begin with c1:");
	if (take_venue(&c, &t) < 0)
		return err_set(e, "cursor: the venue is missing or no name");
	if (!take(&t, ':') || take_number(&t, &c.epoch) < 0)
		return err_set(e, "cursor: the epoch is missing or no number");
	while (take(&t, ':'))
		if (take_part(&c, &t, e) < 0)
			return -1;
	if (t.p != t.end)
		return err_set(e, "cursor: junk at byte %zu", (size_t)(t.p - text));
	*out = c;
	return 0;
}
