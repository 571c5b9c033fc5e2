#include "hub.h"
#include "event_micro.h"
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define EVENT_MAX_BYTES (32u << 20)

struct hub_stream {
	char *name;
	struct hub_client **clients;
	size_t count, room;
	UT_hash_handle hh;
};

struct hub {
	struct hub_stream *streams;
	struct hub_client *clients;
	size_t count, queue_max;
	bool unsolicited;
	void (*wake)(struct hub_client *c);
	struct buf micro;
	struct hub_filter filter;
};

struct hub *hub_new(size_t queue_max_bytes, bool unsolicited, void (*wake)(struct hub_client *))
{
	struct hub *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->queue_max = queue_max_bytes;
	h->unsolicited = unsolicited;
	h->wake = wake;
	buf_init(&h->micro, EVENT_MAX_BYTES);
	return h;
}

void hub_free(struct hub *h)
{
	if (!h)
		return;
	buf_done(&h->micro);
	free(h);
}

void hub_filter_set(struct hub *h, struct hub_filter filter)
{
	h->filter = filter;
}

void hub_join(struct hub *h, struct hub_client *c)
{
	c->previous = NULL;
	c->next = h->clients;
	if (c->next)
		c->next->previous = c;
	h->clients = c;
	h->count++;
}

static void stream_drop(struct hub *h, struct hub_stream *s, const struct hub_client *c)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->clients[i] == c)
			s->clients[i--] = s->clients[--s->count];
	}
	if (s->count > 0)
		return;
	HASH_DEL(h->streams, s);
	free(s->clients);
	free(s->name);
	free(s);
}

void hub_leave(struct hub *h, struct hub_client *c)
{
	struct message *m;

	while ((m = hub_take(c)))
		message_release(m);
	for (size_t i = 0; i < c->stream_count; i++)
		stream_drop(h, c->streams[i], c);
	free(c->streams);
	free(c->queue);
	if (c->next)
		c->next->previous = c->previous;
	if (c->previous)
		c->previous->next = c->next;
	else
		h->clients = c->next;
	h->count--;
	memset(c, 0, sizeof(*c));
}

static struct hub_stream *stream_find_name(const struct hub *h, struct slice name)
{
	struct hub_stream *s = NULL;

	HASH_FIND(hh, h->streams, name.data, name.len, s);
	return s;
}

static struct hub_stream *stream_make(struct hub *h, struct slice name)
{
	struct hub_stream *s = stream_find_name(h, name);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s || !(s->name = strndup(name.data, name.len))) {
		free(s);
		return NULL;
	}
	HASH_ADD_KEYPTR(hh, h->streams, s->name, name.len, s);
	return s;
}

bool hub_wanted(const struct hub *h, struct slice name)
{
	return stream_find_name(h, name);
}

bool hub_subscribed(const struct hub *h, const struct hub_client *c, struct slice name)
{
	const struct hub_stream *s = stream_find_name(h, name);

	for (size_t i = 0; s && i < c->stream_count; i++) {
		if (c->streams[i] == s)
			return true;
	}
	return false;
}

int hub_subscribe(struct hub *h, struct hub_client *c, struct slice name)
{
	struct hub_stream *s, **streams;
	struct hub_client **clients;

	if (hub_subscribed(h, c, name))
		return 0;
	if (c->stream_count == HUB_STREAMS_MAX)
		return -1;
	streams = realloc(c->streams, (c->stream_count + 1) * sizeof(*streams));
	if (!streams)
		return -1;
	c->streams = streams;
	s = stream_make(h, name);
	if (!s)
		return -1;
	clients = realloc(s->clients, (s->count + 1) * sizeof(*clients));
	if (!clients) {
		stream_drop(h, s, c); /* frees it if it was made just now */
		return -1;
	}
	s->clients = clients;
	s->clients[s->count++] = c;
	c->streams[c->stream_count++] = s;
	return 0;
}

void hub_unsubscribe(struct hub *h, struct hub_client *c, struct slice name)
{
	struct hub_stream *s = stream_find_name(h, name);

	for (size_t i = 0; s && i < c->stream_count; i++) {
		if (c->streams[i] != s)
			continue;
		memmove(c->streams + i, c->streams + i + 1,
			(c->stream_count - i - 1) * sizeof(*c->streams));
		c->stream_count--;
		stream_drop(h, s, c);
		return;
	}
}

const char *hub_stream_name(const struct hub_stream *s)
{
	return s->name;
}

static int queue_grow(struct hub_client *c)
{
	size_t room = c->room ? 2 * c->room : 64;
	struct message **more;

	if (c->count < c->room)
		return 0;
	more = malloc(room * sizeof(*more));
	if (!more)
		return -1;
	for (size_t i = 0; i < c->count; i++)
		more[i] = c->queue[(c->first + i) & (c->room - 1)];
	free(c->queue);
	c->queue = more;
	c->first = 0;
	c->room = room;
	return 0;
}

void hub_send(struct hub *h, struct hub_client *c, struct message *m)
{
	if (c->overrun || c->ending) {
		c->unsent += m && m->data;
		return;
	}
	if (!m || c->bytes + m->len > h->queue_max || queue_grow(c)) {
		c->overrun = true;
		c->unsent += m && m->data;
		h->wake(c);
		return;
	}
	c->queue[(c->first + c->count++) & (c->room - 1)] = message_keep(m);
	c->bytes += m->len;
	if (c->count == 1)
		h->wake(c);
}

int64_t hub_unsent(const struct hub_client *c)
{
	int64_t n = c->unsent;

	for (size_t i = 0; i < c->count; i++)
		n += c->queue[(c->first + i) & (c->room - 1)]->data;
	return n;
}

struct message *hub_take(struct hub_client *c)
{
	struct message *m;

	if (c->count == 0)
		return NULL;
	m = c->queue[c->first];
	c->first = (c->first + 1) & (c->room - 1);
	c->count--;
	c->bytes -= m->len;
	return m;
}

/* The event as a client of this mode gets it. */
static struct message *event_message(
	struct hub *h, const struct market_event *ev, bool combined, bool micro)
{
	struct slice object = ev->object;

	if (!object.data || (combined && ev->wrapped && !micro))
		return message_new(MESSAGE_TEXT, &ev->frame, 1);
	if (micro) {
		buf_reset(&h->micro);
		event_micro_add(&h->micro, object);
		if (h->micro.failed)
			return NULL;
		object = (struct slice){h->micro.data, h->micro.len};
	}
	if (!combined || !ev->name.data)
		return message_new(MESSAGE_TEXT, &object, 1);
	return message_new(MESSAGE_TEXT,
		(struct slice[]){
			{"{\"stream\":\"", 11}, ev->name, {"\",\"data\":", 9}, object, {"}", 1}},
		5);
}

bool hub_publish(struct hub *h, const struct market_event *ev)
{
	struct message *made[2][2] = {{NULL, NULL}, {NULL, NULL}};
	bool all = ev->everyone || (h->unsolicited && ev->frame.data), sent = false;
	struct hub_stream *s = all || !ev->name.data ? NULL : stream_find_name(h, ev->name);
	struct hub_client *c = all ? h->clients : s ? s->clients[0] : NULL;

	if (h->filter.begin)
		h->filter.begin(h->filter.ctx, ev);
	for (size_t i = 0; c; c = all ? c->next : ++i < s->count ? s->clients[i] : NULL) {
		struct message **m = &made[c->combined][c->microseconds];

		if (!*m)
			*m = event_message(h, ev, c->combined, c->microseconds);
		if (*m)
			(*m)->data = !ev->everyone;
		if (!h->filter.take || !h->filter.take(h->filter.ctx, c, ev, *m))
			hub_send(h, c, *m);
		sent = true;
	}
	for (int i = 0; i < 4; i++)
		message_release(made[i / 2][i % 2]);
	return sent;
}

void hub_publish_to(struct hub *h, struct hub_client *c, const struct market_event *ev)
{
	struct message *m = event_message(h, ev, c->combined, c->microseconds);

	hub_send(h, c, m);
	message_release(m);
}

size_t hub_deepest_bytes(const struct hub *h)
{
	size_t deepest = 0;

	for (const struct hub_client *c = h->clients; c; c = c->next) {
		if (!c->overrun && c->bytes > deepest)
			deepest = c->bytes;
	}
	return deepest;
}

size_t hub_clients(const struct hub *h)
{
	return h->count;
}

struct hub_client *hub_first(const struct hub *h)
{
	return h->clients;
}
