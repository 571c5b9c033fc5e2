/*
 * feed_links: all links of the feed, as many as the wanted subscriptions take.
 *
 * Other wants change what the links hold while they run; a link that holds nothing any more says goodbye. Feed thread.
 */
#pragma once
#include "feed_link.h"
#include "feed_plan.h"
#include "feed_whole.h"

struct feed_links {
	struct feed_shared *shared;
	struct feed_wants *wants; /* owned; NULL: none yet */
	struct feed_plan plan;
	struct feed_link *all[FEED_CONNECTIONS_MAX]; /* NULL where nothing is wanted */
	int64_t told_sessions; /* how many had begun when it was last told which of them run */
	int64_t leaving_us[FEED_CONNECTIONS_MAX]; /* monotonic; said goodbye, 0 = not */
};

/* `l` zeroed before; `shared` is lent and gets its `whole` from the owner. */
void feed_links_init(struct feed_links *l, struct feed_shared *shared);
/* Before the loop is freed. */
void feed_links_done(struct feed_links *l);
/* What is wanted from now on, which it takes. Where there is no memory, that is logged and the subscriptions stay as they are. */
void feed_links_want(struct feed_links *l, struct feed_wants *wants);
/* As feed_link_serve, of all. */
int64_t feed_links_serve(struct feed_links *l);
/* As feed_link_end, _drain, _close, of all. */
void feed_links_end(struct feed_links *l);
bool feed_links_drain(struct feed_links *l);
void feed_links_close(struct feed_links *l);
/* How many there are, and how many of them are live. */
size_t feed_links_count(const struct feed_links *l, size_t *live);
/* At least one is live; `t_us` is the least T of those that are. */
bool feed_links_is_live(const struct feed_links *l, int64_t *t_us);
