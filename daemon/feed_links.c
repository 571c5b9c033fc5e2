#include "feed_links.h"
#include "clock.h"
#include "feed_session.h"
#include "log.h"
#include "metrics.h"
#include <string.h>

#define GOODBYE_US                                                                                 \
	SECOND_US /* how long a link that is not needed any more has for its closing handshake */

METRIC_GAUGE(connections, "pricegraph_feed_connections",
	"Connections to the exchange that the wanted subscriptions take.");

void feed_links_init(struct feed_links *l, struct feed_shared *shared)
{
	*l = (struct feed_links){.shared = shared};
}

static void drop(struct feed_links *l, size_t i)
{
	feed_link_free(l->all[i]);
	l->all[i] = NULL;
	l->leaving_us[i] = 0;
}

void feed_links_done(struct feed_links *l)
{
	for (size_t i = 0; i < FEED_CONNECTIONS_MAX; i++)
		drop(l, i);
	feed_plan_done(&l->plan);
	feed_wants_free(l->wants);
	l->wants = NULL;
}

/* The plan's slot `i` has changed, or what it holds is a new copy. */
static int change(struct feed_links *l, size_t i)
{
	const struct feed_slot *slot = &l->plan.slots[i];

	if (l->leaving_us[i] && slot->count)
		drop(l, i);
	if (l->all[i])
		return feed_link_want(l->all[i], slot->wants, slot->count, slot->changed);
	if (!slot->count)
		return 0;
	l->all[i] = feed_link_new(l->shared, slot->wants, slot->count);
	return l->all[i] ? 0 : -1;
}

void feed_links_want(struct feed_links *l, struct feed_wants *wants)
{
	size_t live;

	if (feed_whole_set(l->shared->whole, wants) < 0) {
		log_error("feed_wants_not_met", "reason=\"no memory\"");
		feed_wants_free(wants);
		return;
	}
	/* `whole` has the new ones from here on. */
	feed_wants_free(l->wants);
	l->wants = wants;
	if (feed_plan_set(&l->plan, wants->all, wants->count) < 0) {
		log_error("feed_wants_not_met", "reason=\"no memory\"");
		return;
	}
	for (size_t i = 0; i < l->plan.used; i++)
		if (change(l, i) < 0)
			log_error("feed_wants_not_met", "connection=%zu reason=\"no memory\"", i);
	size_t count = feed_links_count(l, &live);
	metric_set(&connections, (int64_t)count);
	log_info("feed_wants", "streams=%zu connections=%zu", wants->count, count);
}

/* Nothing is held and nothing due any more: a goodbye, and a moment later the end. */
static void let_go(struct feed_links *l, size_t i)
{
	int64_t now_us = clock_mono_us();

	if (l->plan.slots[i].count || !feed_link_is_empty(l->all[i]))
		return;
	if (!l->leaving_us[i]) {
		feed_link_close(l->all[i]);
		l->leaving_us[i] = now_us;
	} else if (now_us - l->leaving_us[i] > GOODBYE_US) {
		log_info("feed_connection_not_needed", "connection=%zu", i);
		drop(l, i);
	}
}

/* All is heard that is wanted: a symbol that is subscribed through a session of before is not wanted any more, be it that it was
 * taken out while there was no connection or no process. Returns whether that is told. */
static bool tell_running(struct feed_links *l, enum stream_kind stream)
{
	static char ids[FEED_CONNECTIONS_MAX][SESSION_SIZE];
	struct feed_session *teller = NULL;
	size_t count = 0;

	for (size_t i = 0; i < l->plan.used; i++) {
		struct feed_session *s = l->all[i] ? feed_link_session(l->all[i], stream) : NULL;
		if (!s)
			continue;
		memcpy(ids[count++], s->id, sizeof(s->id));
		teller = s;
	}
	return !teller || feed_session_tell_running(teller, ids, count) == 0;
}

static void tell_all_running(struct feed_links *l)
{
	int64_t sessions = l->shared->output->sessions;

	if (l->told_sessions == sessions)
		return;
	for (size_t i = 0; i < l->plan.used; i++)
		if (l->all[i] && !l->leaving_us[i] && !feed_link_is_settled(l->all[i]))
			return;
	for (int i = 0; i < STREAM_COUNT; i++)
		if (!tell_running(l, (enum stream_kind)i))
			return;
	l->told_sessions = sessions;
}

int64_t feed_links_serve(struct feed_links *l)
{
	int64_t wait_us = SECOND_US;

	for (size_t i = 0; i < l->plan.used; i++) {
		if (!l->all[i])
			continue;
		if (!l->leaving_us[i]) {
			int64_t more_us = feed_link_serve(l->all[i]);
			if (more_us < wait_us)
				wait_us = more_us;
		}
		let_go(l, i);
	}
	tell_all_running(l);
	return wait_us;
}

void feed_links_end(struct feed_links *l)
{
	for (size_t i = 0; i < l->plan.used; i++)
		if (l->all[i])
			feed_link_end(l->all[i]);
}

bool feed_links_drain(struct feed_links *l)
{
	bool done = true;
	for (size_t i = 0; i < l->plan.used; i++)
		if (l->all[i])
			done = feed_link_drain(l->all[i]) && done;
	return done;
}

void feed_links_close(struct feed_links *l)
{
	for (size_t i = 0; i < l->plan.used; i++)
		if (l->all[i])
			feed_link_close(l->all[i]);
}

size_t feed_links_count(const struct feed_links *l, size_t *live)
{
	size_t count = 0;
	int64_t t_us;

	*live = 0;
	for (size_t i = 0; i < l->plan.used; i++) {
		count += l->all[i] && l->plan.slots[i].count;
		*live += l->all[i] && feed_link_is_live(l->all[i], &t_us);
	}
	return count;
}

bool feed_links_is_live(const struct feed_links *l, int64_t *t_us)
{
	bool live = false;

	for (size_t i = 0; i < l->plan.used; i++) {
		int64_t its_us;
		if (!l->all[i] || !feed_link_is_live(l->all[i], &its_us))
			continue;
		*t_us = live && *t_us < its_us ? *t_us : its_us;
		live = true;
	}
	return live;
}
