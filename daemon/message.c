#include "message.h"
#include <stdlib.h>
#include <string.h>

struct message *message_new(enum message_kind kind, const struct slice *parts, size_t count)
{
	struct message *m;
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	m = malloc(sizeof(*m) + len);
	if (!m)
		return NULL;
	*m = (struct message){.refs = 1, .kind = kind};
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len)
			memcpy(m->text + m->len, parts[i].data, parts[i].len);
		m->len += parts[i].len;
	}
	return m;
}

struct message *message_keep(struct message *m)
{
	m->refs++;
	return m;
}

void message_release(struct message *m)
{
	if (m && --m->refs == 0)
		free(m);
}
