#include "sink_session.h"

#include "log.h"
#include "sink_holes.h"
#include "sink_settle.h"

#include <stdio.h>
#include <string.h>

static void close_subscription(
	struct sink_batch *b, struct sink_symbol *sy, enum stream_kind stream, int64_t to_us)
{
	struct sink_subscription *sub = &sy->subscriptions[stream];
	struct batch_subscription row = {.symbol = sy,
		.stream = stream,
		.from_us = sub->from_us,
		.to_us = to_us < sub->from_us ? sub->from_us : to_us};

	snprintf(row.session, sizeof row.session, "%s", sub->session->id);
	buf_add(&b->subscriptions, &row, sizeof row);
	sub->session = NULL;
}

static void open_subscription(
	struct sink_batch *b, struct sink_symbol *sy, struct sink_session *se, int64_t from_us)
{
	struct sink_subscription *sub = &sy->subscriptions[se->stream];
	struct batch_subscription row = {
		.symbol = sy, .stream = se->stream, .from_us = from_us, .to_us = -1};

	sub->session = se;
	sub->from_us = from_us;
	snprintf(row.session, sizeof row.session, "%s", se->id);
	buf_add(&b->subscriptions, &row, sizeof row);
	sy->dirty = true;
}

/* Why nothing was heard between the end of the old session and the begin of the new one. */
static const char *cause_between(const struct sink_session *old, const struct sink_session *new)
{
	if (old->skipped)
		return "expired";
	if (old->ended)
		return "stopped";
	return new->cause[0] ? new->cause : "feed";
}

/* The symbol is heard through `se` from `from_us` on; what lies behind its former session's last T was missed. */
static void subscribe(
	struct sink_batch *b, struct sink_symbol *sy, struct sink_session *se, int64_t from_us)
{
	struct sink_session *old = sy->subscriptions[se->stream].session;

	if (old == se)
		return;
	if (old) {
		struct batch_gap gap = {
			.symbol = sy, .stream = se->stream, .from_us = old->t_us, .to_us = from_us};

		snprintf(gap.cause, sizeof gap.cause, "%s", cause_between(old, se));
		if (gap.from_us < gap.to_us)
			buf_add(&b->gaps, &gap, sizeof gap);
		close_subscription(b, sy, se->stream, old->t_us);
	} else {
		sink_holes_forget(sy, se->stream);
	}
	open_subscription(b, sy, se, from_us);
}

/* Nobody listens to the symbol's stream any more. */
static void leave(
	struct sink_batch *b, struct sink_symbol *sy, enum stream_kind stream, int64_t to_us)
{
	close_subscription(b, sy, stream, to_us);
	sink_holes_end(sy, b, stream);
}

/* `symbols` is the session's complete set: whoever is missing in it was unsubscribed. */
static int take_symbols(struct sink_state *st, struct sink_batch *b, struct sink_session *se,
	const struct control *c, struct err *e)
{
	for (size_t i = 0; i < c->symbol_count; i++) {
		struct sink_symbol *sy = sink_state_symbol(st, c->symbols[i], se->partition);

		if (!sy)
			return err_set(e, "no memory for symbol %s", c->symbols[i]);
		if (sy->partition != se->partition)
			log_warn("sink_symbol_elsewhere", "symbol=%s partition=%d", sy->name,
				se->partition);
		else
			subscribe(b, sy, se, c->t_us);
	}
	for (struct sink_symbol *sy = st->partitions[se->partition]; sy;
		sy = sy->next_in_partition) {
		bool named = false;

		if (sy->subscriptions[se->stream].session != se)
			continue;
		for (size_t i = 0; i < c->symbol_count && !named; i++)
			named = strcmp(c->symbols[i], sy->name) == 0;
		if (!named)
			leave(b, sy, se->stream, c->t_us);
	}
	return 0;
}

/* The collector is not configured for this stream any more: nobody waits for it. */
static void unsubscribe_all(
	struct sink_state *st, struct sink_batch *b, enum stream_kind stream, int partition)
{
	for (struct sink_symbol *sy = st->partitions[partition]; sy; sy = sy->next_in_partition)
		if (sy->subscriptions[stream].session)
			leave(b, sy, stream, sy->subscriptions[stream].session->t_us);
}

/* "<collector>-<digits>-<n>", behind which "+<offset>" may stand. */
static bool is_of_collector(const struct sink_session *se, const char *collector)
{
	size_t len = strlen(collector);

	if (strncmp(se->id, collector, len) != 0 || se->id[len] != '-')
		return false;
	const char *rest = se->id + len + 1;
	size_t digits = strspn(rest, "0123456789");
	return digits && rest[digits] == '-' && !strchr(rest + digits + 1, '-');
}

static bool is_running(const struct sink_session *se, const struct control *c)
{
	size_t len = strcspn(se->id, "+");

	for (size_t i = 0; i < c->running_count; i++)
		if (strlen(c->running[i]) == len && strncmp(c->running[i], se->id, len) == 0)
			return true;
	return false;
}

/* The collector says which of its sessions run: who is subscribed through another one of it was taken out while it was away. */
static void take_running(struct sink_state *st, struct sink_batch *b, enum stream_kind stream,
	int partition, const struct control *c)
{
	for (struct sink_symbol *sy = st->partitions[partition]; sy; sy = sy->next_in_partition) {
		const struct sink_session *se = sy->subscriptions[stream].session;

		if (se && is_of_collector(se, c->collector) && !is_running(se, c))
			close_subscription(b, sy, stream, se->t_us);
	}
}

/* Records were lost within the session: what follows is a span of its own, and the symbols move over to it. */
static struct sink_session *continue_session(struct sink_state *st, struct sink_batch *b,
	struct sink_session *old, int64_t offset, int64_t t_us)
{
	struct sink_session *se;
	char id[SPAN_ID_SIZE];

	snprintf(
		id, sizeof id, "%.*s+%lld", (int)strcspn(old->id, "+"), old->id, (long long)offset);
	se = sink_state_add_session(st, old->stream, old->partition, id, t_us);
	if (!se)
		return NULL;
	for (struct sink_symbol *sy = st->partitions[old->partition]; sy;
		sy = sy->next_in_partition)
		if (sy->subscriptions[old->stream].session == old)
			subscribe(b, sy, se, t_us);
	old->skipped = false;
	return se;
}

static struct sink_session *session_of(struct sink_state *st, struct sink_batch *b,
	const struct kafka_record *r, const struct control *c)
{
	enum stream_kind stream = (enum stream_kind)r->tag;
	struct sink_session *se = sink_state_find_session(st, stream, r->partition, c->session);

	if (!se)
		return sink_state_add_session(st, stream, r->partition, c->session, c->t_us);
	return se->skipped ? continue_session(st, b, se, r->offset, c->t_us) : se;
}

static void settle_holes(struct sink_state *st, struct sink_batch *b, const struct sink_session *se)
{
	int64_t settled_us = sink_session_settles_at(st, se);

	for (struct sink_symbol *sy = st->partitions[se->partition]; sy; sy = sy->next_in_partition)
		if (sy->subscriptions[se->stream].session == se)
			sink_holes_settle(sy, b, se->stream, settled_us);
}

static int take_control(struct sink_state *st, struct sink_batch *b, const struct kafka_record *r,
	const struct control *c, struct err *e)
{
	struct sink_session *se;

	if (c->kind == CONTROL_ENDED && c->has_symbols && c->symbol_count == 0) {
		unsubscribe_all(st, b, (enum stream_kind)r->tag, r->partition);
		sink_settle_partition(st, b, r->partition);
		return 0;
	}
	se = session_of(st, b, r, c);
	if (!se)
		return err_set(e, "no memory for session %s", c->session);
	if (c->kind == CONTROL_BEGIN)
		snprintf(se->cause, sizeof se->cause, "%s", c->cause);
	if (c->has_symbols && take_symbols(st, b, se, c, e) != 0)
		return -1;
	if (c->running_count)
		take_running(st, b, se->stream, se->partition, c);
	if (c->t_us > se->t_us)
		se->t_us = c->t_us;
	sink_state_reached(st, se);
	se->clock_us = c->clock_us;
	se->speed = c->speed;
	se->alive_us = r->produced_ms * MS_US;
	se->ended = se->ended || c->kind == CONTROL_ENDED;
	se->dirty = true;
	st->clock_us = c->clock_us;
	st->clock_mono_us = clock_mono_us();
	st->speed = c->speed;
	settle_holes(st, b, se);
	sink_settle_partition(st, b, r->partition);
	return 0;
}

int sink_session_take(
	struct sink_state *st, struct sink_batch *b, const struct kafka_record *r, struct err *e)
{
	struct control c;
	struct err why;
	int rc;

	if (!r->value || control_parse(&c, r->value, r->value_len, &why) != 0) {
		log_warn("sink_bad_control", "stream=%s partition=%d offset=%lld reason=\"%s\"",
			stream_table[r->tag].name, r->partition, (long long)r->offset,
			r->value ? why.text : "no value");
		sink_batch_quarantine(b, r, r->value ? why.text : "no value");
		return 0;
	}
	rc = take_control(st, b, r, &c, e);
	control_done(&c);
	return rc;
}
