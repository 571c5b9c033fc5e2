#include "feed_subscribe.h"
#include "clock.h"
#include "feed_subscribe_parts.h"
#include "metrics.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(requests, "pricegraph_feed_requests_total",
	"SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS sent to the exchange.");
void feed_subscribe_move(
	struct feed_subscribe *s, struct feed_entry *entry, enum feed_entry_state state)
{
	s->in[entry->state]--;
	s->in[state]++;
	entry->state = state;
}

static void set_wanted(struct feed_subscribe *s, struct feed_entry *entry, bool wanted)
{
	if (entry->wanted == wanted)
		return;
	entry->wanted = wanted;
	s->unwanted += wanted ? -1UL : 1;
	if (entry->state == FEED_NAMED)
		s->changes++;
}

/* The exchange's stream name. ASCII letters of the symbol become small ones. */
static void set_name(struct feed_entry *entry)
{
	size_t len = 0;

	if (!*entry->want.symbol) {
		memcpy(entry->name, FEED_ARRAY_NAME, sizeof(FEED_ARRAY_NAME));
		return;
	}
	for (const char *p = entry->want.symbol; *p; p++)
		entry->name[len++] = *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p;
	entry->name[len++] = '@';
	for (const char *p = stream_table[entry->want.stream].name;
		*p && len < sizeof(entry->name) - 1; p++)
		entry->name[len++] = *p;
	entry->name[len] = '\0';
}

static bool is_same(const struct feed_want *a, const struct feed_want *b)
{
	return a->stream == b->stream && strcmp(a->symbol, b->symbol) == 0;
}

/* Looks from `from` on, around the end: lists that are compared have nearly the same order. */
static struct feed_entry *find_want(
	struct feed_subscribe *s, const struct feed_want *want, size_t from)
{
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[(from + i) % s->count];
		if (is_same(&entry->want, want))
			return entry;
	}
	return NULL;
}

void feed_subscribe_sweep(struct feed_subscribe *s)
{
	size_t kept = 0;

	if (!s->unwanted)
		return;
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[i];
		bool gone = entry->state == FEED_IDLE || entry->state == FEED_GIVEN_UP;
		if (!entry->wanted && gone) {
			s->in[entry->state]--;
			s->unwanted--;
			continue;
		}
		if (kept != i)
			s->entries[kept] = *entry;
		kept++;
	}
	s->count = kept;
}

int feed_subscribe_init(
	struct feed_subscribe *s, const struct feed_want *wants, size_t count, int64_t timeout_us)
{
	*s = (struct feed_subscribe){.timeout_us = timeout_us};
	feed_subscribe_reset(s);
	return feed_subscribe_want(s, wants, count);
}

void feed_subscribe_done(struct feed_subscribe *s)
{
	free(s->entries);
	s->entries = NULL;
	s->count = s->room = 0;
}

int feed_subscribe_want(struct feed_subscribe *s, const struct feed_want *wants, size_t count)
{
	size_t from = 0;

	assert(count <= FEED_STREAMS_MAX);
	if (s->count + count > s->room) {
		void *more = realloc(s->entries, (s->count + count) * sizeof(*s->entries));
		if (!more)
			return -1;
		s->entries = more;
		s->room = s->count + count;
	}
	size_t before = s->count;
	bool *keep = calloc(before + 1, sizeof(*keep));
	if (!keep)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct feed_entry *entry = find_want(s, &wants[i], from);
		if (!entry) {
			entry = &s->entries[s->count++];
			*entry = (struct feed_entry){.want = wants[i], .wanted = true};
			set_name(entry);
			s->in[FEED_IDLE]++;
		} else if ((size_t)(entry - s->entries) < before) {
			keep[entry - s->entries] = true;
		}
		from = (size_t)(entry - s->entries) + 1;
	}
	for (size_t i = 0; i < before; i++)
		set_wanted(s, &s->entries[i], keep[i]);
	free(keep);
	feed_subscribe_sweep(s);
	return 0;
}

void feed_subscribe_reset(struct feed_subscribe *s)
{
	for (size_t i = 0; i < s->count; i++) {
		feed_subscribe_move(s, &s->entries[i], FEED_IDLE);
		s->entries[i].misses = 0;
	}
	feed_subscribe_sweep(s);
	s->changes++;
	s->names_max = FEED_STREAMS_MAX;
	s->refusals = 0;
	s->overdue = false;
	s->last_id = 0;
	s->pending_count = 0;
	for (int i = 0; i < FEED_REQUESTS_PER_S; i++)
		s->sent_us[i] = INT64_MIN / 2;
}

static bool is_to_leave(const struct feed_entry *entry)
{
	return !entry->wanted && (entry->state == FEED_ACCEPTED || entry->state == FEED_HEARD ||
					 entry->state == FEED_NAMED);
}

static bool is_due(const struct feed_entry *entry, enum feed_method method)
{
	return method == FEED_UNSUBSCRIBE ? is_to_leave(entry)
					  : entry->wanted && entry->state == FEED_IDLE;
}

/* False: nothing is to be asked for. */
static bool choose_method(const struct feed_subscribe *s, enum feed_method *method)
{
	for (size_t i = 0; s->unwanted && i < s->count; i++)
		if (is_to_leave(&s->entries[i])) {
			*method = FEED_UNSUBSCRIBE;
			return true;
		}
	if (s->unwanted == 0 && s->in[FEED_IDLE])
		*method = FEED_SUBSCRIBE;
	else if (!s->pending_count && s->in[FEED_ACCEPTED])
		*method = FEED_LIST;
	else
		return false;
	return true;
}

/* As many names as fit; what follows them is at most `],"id":1234567890}` and a bracket. Returns how many. */
static size_t add_names(struct feed_subscribe *s, enum feed_method method, struct buf *out)
{
	static const size_t tail_bytes = 32;
	size_t names = 0;

	buf_add_str(out, ",\"params\":[");
	for (size_t i = 0; i < s->count && names < s->names_max; i++) {
		struct feed_entry *entry = &s->entries[i];
		size_t before = out->len;
		if (!is_due(entry, method))
			continue;
		if (names)
			buf_add_char(out, ',');
		buf_add_json(out, entry->name, strlen(entry->name));
		if (out->len + tail_bytes > FEED_REQUEST_BYTES && names) {
			out->len = before;
			break;
		}
		names++;
		entry->request = s->last_id;
		feed_subscribe_move(s, entry, method == FEED_SUBSCRIBE ? FEED_ASKED : FEED_LEAVING);
	}
	buf_add_char(out, ']');
	return names;
}

bool feed_subscribe_next(struct feed_subscribe *s, int64_t now_us, struct buf *out)
{
	static const char *const names[] = {"SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS"};
	struct feed_pending *p = &s->pending[s->pending_count];
	enum feed_method method;

	if (now_us - s->sent_us[0] < SECOND_US || s->pending_count == FEED_PENDING_MAX ||
		!choose_method(s, &method))
		return false;
	*p = (struct feed_pending){method, ++s->last_id, now_us + s->timeout_us, 0};
	buf_reset(out);
	buf_printf(out, "{\"method\":\"%s\"", names[method]);
	if (method != FEED_LIST)
		p->names = add_names(s, method, out);
	buf_printf(out, ",\"id\":%lld}", (long long)p->id);
	s->pending_count++;
	memmove(s->sent_us, s->sent_us + 1, sizeof(s->sent_us) - sizeof(s->sent_us[0]));
	s->sent_us[FEED_REQUESTS_PER_S - 1] = now_us;
	metric_add(&requests, 1);
	return true;
}

bool feed_subscribe_expired(const struct feed_subscribe *s, int64_t now_us)
{
	return s->pending_count && now_us >= s->pending[0].deadline_us;
}

bool feed_subscribe_ask_again(struct feed_subscribe *s)
{
	if (s->overdue)
		return false;
	s->overdue = true;
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[i];
		if (entry->request != s->pending[0].id)
			continue;
		if (entry->state == FEED_ASKED)
			feed_subscribe_move(s, entry, FEED_IDLE);
		else if (entry->state == FEED_LEAVING)
			feed_subscribe_move(s, entry, FEED_HEARD);
	}
	s->pending_count--;
	memmove(s->pending, s->pending + 1, s->pending_count * sizeof(s->pending[0]));
	feed_subscribe_sweep(s);
	return true;
}

bool feed_subscribe_complete(const struct feed_subscribe *s)
{
	return !s->pending_count && !s->unwanted && !s->in[FEED_IDLE] && !s->in[FEED_ASKED] &&
	       !s->in[FEED_ACCEPTED] && !s->in[FEED_LEAVING];
}

bool feed_subscribe_has_unnamed(const struct feed_subscribe *s)
{
	return s->in[FEED_HEARD] > 0;
}

void feed_subscribe_name(struct feed_subscribe *s)
{
	for (size_t i = 0; s->in[FEED_HEARD] && i < s->count; i++)
		if (s->entries[i].state == FEED_HEARD) {
			feed_subscribe_move(s, &s->entries[i], FEED_NAMED);
			s->changes++;
		}
}

bool feed_subscribe_is_named(const struct feed_subscribe *s, size_t i)
{
	return s->entries[i].wanted && s->entries[i].state == FEED_NAMED;
}

bool feed_subscribe_has_whole(const struct feed_subscribe *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!*s->entries[i].want.symbol)
			return s->entries[i].wanted;
	return false;
}
