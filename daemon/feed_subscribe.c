#include "feed_subscribe.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

METRIC_COUNTER(requests, "pricegraph_feed_requests_total",
	"SUBSCRIBE, UNSUBSCRIBE and LIST_SUBSCRIPTIONS sent to the exchange.");
METRIC_COUNTER(refusals, "pricegraph_feed_requests_refused_total",
	"Requests that the exchange answered with an error.");
METRIC_COUNTER(missing, "pricegraph_feed_subscriptions_missing_total",
	"Streams that were acknowledged and are not in the exchange's list of subscriptions.");
METRIC_COUNTER(given_up, "pricegraph_feed_subscriptions_given_up_total",
	"Streams that the exchange refused, or acknowledged and did not list, and that are not asked "
	"for any more on that connection.");

#define MISSES_MAX 2

static void move(struct feed_subscribe *s, struct feed_entry *entry, enum feed_entry_state state)
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

static struct feed_entry *find_name(struct feed_subscribe *s, const char *name, size_t from)
{
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[(from + i) % s->count];
		if (strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

/* Those that are neither wanted nor subscribed. */
static void sweep(struct feed_subscribe *s)
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

int feed_subscribe_init(struct feed_subscribe *s, const struct feed_want *wants, size_t count,
	int64_t timeout_us)
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
	sweep(s);
	return 0;
}

void feed_subscribe_reset(struct feed_subscribe *s)
{
	for (size_t i = 0; i < s->count; i++) {
		move(s, &s->entries[i], FEED_IDLE);
		s->entries[i].misses = 0;
	}
	sweep(s);
	s->changes++;
	s->names_max = FEED_STREAMS_MAX;
	s->refusals = 0;
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
		move(s, entry, method == FEED_SUBSCRIBE ? FEED_ASKED : FEED_LEAVING);
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

static void give_up(struct feed_subscribe *s, struct feed_entry *entry, const char *why)
{
	log_error("feed_stream_given_up", "stream=\"%s\" reason=\"%s\"", entry->name, why);
	metric_add(&given_up, 1);
	move(s, entry, FEED_GIVEN_UP);
}

static void move_request(struct feed_subscribe *s, int64_t id, enum feed_entry_state state)
{
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[i];
		if (entry->request == id &&
			(entry->state == FEED_ASKED || entry->state == FEED_LEAVING))
			move(s, entry, state);
	}
}

static enum feed_answered take_refusal(
	struct feed_subscribe *s, const struct feed_pending *p, const struct feed_answer *a)
{
	log_error("feed_request_refused", "id=%lld names=%zu code=%lld message=\"%s\"",
		(long long)p->id, p->names, (long long)a->code, a->message);
	metric_add(&refusals, 1);
	if (p->method != FEED_SUBSCRIBE)
		return FEED_REFUSED;
	if (p->names > 1) {
		s->names_max = (p->names + 1) / 2;
		move_request(s, p->id, FEED_IDLE);
		sweep(s);
		return FEED_ASK_AGAIN;
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->entries[i].request == p->id && s->entries[i].state == FEED_ASKED)
			give_up(s, &s->entries[i], a->message);
	sweep(s);
	/* All of them: then a new connection, later, is the better try. */
	return ++s->refusals == FEED_REFUSALS_MAX || s->in[FEED_GIVEN_UP] == s->count
		       ? FEED_REFUSED
		       : FEED_ASK_AGAIN;
}

/* An entry that is in no list of the exchange although it was acknowledged. */
static void take_missing(struct feed_subscribe *s, struct feed_entry *entry)
{
	metric_add(&missing, 1);
	if (entry->state == FEED_NAMED)
		s->changes++;
	if (++entry->misses == MISSES_MAX) {
		give_up(s, entry, "acknowledged, but not in the exchange's list");
		return;
	}
	log_warn("feed_subscription_missing", "stream=\"%s\"", entry->name);
	move(s, entry, FEED_IDLE);
}

static void read_list(struct feed_subscribe *s, struct json_value list)
{
	struct json_value element;
	char name[SYMBOL_SIZE + 32];
	size_t from = 0;

	for (size_t i = 0; i < s->count; i++)
		s->entries[i].listed = false;
	while (json_scan_element(&list, &element)) {
		struct feed_entry *entry = json_scan_text(&element, name, sizeof(name)) > 0
						   ? find_name(s, name, from)
						   : NULL;
		if (!entry) {
			log_warn("feed_subscription_unknown", "stream=%.*s", (int)element.len,
				element.at);
			continue;
		}
		entry->listed = true;
		from = (size_t)(entry - s->entries) + 1;
	}
}

static enum feed_answered take_list(struct feed_subscribe *s, const struct feed_answer *a)
{
	enum feed_answered result = FEED_ACKNOWLEDGED;

	if (json_scan_is_array(&a->result)) {
		read_list(s, a->result);
	} else {
		log_warn("feed_audit_failed", "reason=\"the answer is no list\"");
		for (size_t i = 0; i < s->count; i++)
			s->entries[i].listed = true;
	}
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[i];
		if (entry->state != FEED_ACCEPTED && entry->state != FEED_HEARD &&
			entry->state != FEED_NAMED)
			continue;
		if (!entry->listed) {
			take_missing(s, entry);
			result = FEED_ASK_AGAIN;
		} else if (entry->state == FEED_ACCEPTED) {
			entry->misses = 0;
			move(s, entry, FEED_HEARD);
		}
	}
	sweep(s);
	return s->count && s->in[FEED_GIVEN_UP] == s->count ? FEED_REFUSED : result;
}

static enum feed_answered take_answer(
	struct feed_subscribe *s, const struct feed_pending *p, const struct feed_answer *a)
{
	if (a->failed)
		return take_refusal(s, p, a);
	switch (p->method) {
	case FEED_SUBSCRIBE:
		s->refusals = 0;
		s->names_max = s->names_max > FEED_STREAMS_MAX / 2 ? FEED_STREAMS_MAX
								   : 2 * s->names_max;
		move_request(s, p->id, FEED_ACCEPTED);
		break;
	case FEED_UNSUBSCRIBE:
		move_request(s, p->id, FEED_IDLE);
		sweep(s);
		break;
	case FEED_LIST:
		return take_list(s, a);
	}
	return FEED_ACKNOWLEDGED;
}

enum feed_answered feed_subscribe_answer(struct feed_subscribe *s, const struct feed_answer *a)
{
	for (size_t i = 0; i < s->pending_count; i++) {
		struct feed_pending p = s->pending[i];
		if (a->has_id ? a->id != p.id : !a->failed)
			continue;
		s->pending_count--;
		memmove(s->pending + i, s->pending + i + 1,
			(s->pending_count - i) * sizeof(s->pending[0]));
		return take_answer(s, &p, a);
	}
	log_warn("feed_answer_unexpected", "id=%lld code=%lld message=\"%s\"",
		(long long)(a->has_id ? a->id : -1), (long long)(a->failed ? a->code : 0),
		a->message);
	return FEED_NOBODY_WAITS;
}

bool feed_subscribe_expired(const struct feed_subscribe *s, int64_t now_us)
{
	return s->pending_count && now_us >= s->pending[0].deadline_us;
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
			move(s, &s->entries[i], FEED_NAMED);
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
