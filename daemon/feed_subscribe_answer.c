#include "feed_subscribe_parts.h"
#include "log.h"
#include "metrics.h"
#include <string.h>

#define MISSES_MAX 2

METRIC_COUNTER(refusals, "pricegraph_feed_requests_refused_total",
	"Requests that the exchange answered with an error.");
METRIC_COUNTER(missing, "pricegraph_feed_subscriptions_missing_total",
	"Streams that were acknowledged and are not in the exchange's list of subscriptions.");
METRIC_COUNTER(given_up, "pricegraph_feed_subscriptions_given_up_total",
	"Streams that the exchange refused, or acknowledged and did not list, and that are not "
	"asked "
	"for any more on that connection.");

static struct feed_entry *find_name(struct feed_subscribe *s, const char *name, size_t from)
{
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[(from + i) % s->count];
		if (strcmp(entry->name, name) == 0)
			return entry;
	}
	return NULL;
}

static void give_up(struct feed_subscribe *s, struct feed_entry *entry, const char *why)
{
	log_error("feed_stream_given_up", "stream=\"%s\" reason=\"%s\"", entry->name, why);
	metric_add(&given_up, 1);
	feed_subscribe_move(s, entry, FEED_GIVEN_UP);
}

static void move_request(struct feed_subscribe *s, int64_t id, enum feed_entry_state state)
{
	for (size_t i = 0; i < s->count; i++) {
		struct feed_entry *entry = &s->entries[i];
		if (entry->request == id &&
			(entry->state == FEED_ASKED || entry->state == FEED_LEAVING))
			feed_subscribe_move(s, entry, state);
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
		feed_subscribe_sweep(s);
		return FEED_ASK_AGAIN;
	}
	for (size_t i = 0; i < s->count; i++)
		if (s->entries[i].request == p->id && s->entries[i].state == FEED_ASKED)
			give_up(s, &s->entries[i], a->message);
	feed_subscribe_sweep(s);
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
	feed_subscribe_move(s, entry, FEED_IDLE);
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
			feed_subscribe_move(s, entry, FEED_HEARD);
		}
	}
	feed_subscribe_sweep(s);
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
		s->names_max =
			s->names_max > FEED_STREAMS_MAX / 2 ? FEED_STREAMS_MAX : 2 * s->names_max;
		move_request(s, p->id, FEED_ACCEPTED);
		break;
	case FEED_UNSUBSCRIBE:
		move_request(s, p->id, FEED_IDLE);
		feed_subscribe_sweep(s);
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
		s->overdue = false;
		memmove(s->pending + i, s->pending + i + 1,
			(s->pending_count - i) * sizeof(s->pending[0]));
		return take_answer(s, &p, a);
	}
	log_warn("feed_answer_unexpected", "id=%lld code=%lld message=\"%s\"",
		(long long)(a->has_id ? a->id : -1), (long long)(a->failed ? a->code : 0),
		a->message);
	return FEED_NOBODY_WAITS;
}
