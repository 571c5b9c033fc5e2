/*
 * feed_link: a set of wanted streams that is heard without a break: its connection and, while that is replaced, the successor.
 *
 * Replaced is a connection of age feed.rotation (and up to 1/48 more, so that several don't go together), before the exchange
 * cuts it at 24 h, and one whose server has said serverShutdown. The successor connects and subscribes beside it; once it hears
 * everything, has seen data, and the old one's T is past where that began by [venue] settle, the old one's last alive record is
 * written, then the successor's sessions begin, with a T that the old one has covered: so no gap shows, nothing is settled early,
 * and what both brought is removed by key downstream. A connection that is lost meanwhile is replaced at once.
 * Single streams that fall silent are noted. Feed thread.
 */
#pragma once
#include "feed_connection.h"

#define FEED_LINK_SOCKETS 3 /* that it may have at once */

struct feed_link;
/* At most FEED_STREAMS_MAX wants, lent. NULL: no memory. Connects at the first feed_link_serve. */
struct feed_link *feed_link_new(
	struct feed_shared *shared, const struct feed_want *wants, size_t count);
/* Other wants, lent from now on in the place of the former ones; `changed`: they are not the same. -1: no memory; those that it
 * holds stay, and are made good at the next connection. */
must_check int feed_link_want(
	struct feed_link *l, const struct feed_want *wants, size_t count, bool changed);
/* Nothing is held by it, and nothing due. */
bool feed_link_is_empty(const struct feed_link *l);
/* As feed_connection_is_settled, and no successor is under way; as feed_connection_session. */
bool feed_link_is_settled(const struct feed_link *l);
struct feed_session *feed_link_session(struct feed_link *l, enum stream_kind stream);
/* Before the loop is freed. */
void feed_link_free(struct feed_link *l);
/* As feed_connection_serve. */
int64_t feed_link_serve(struct feed_link *l);
/* Gives up a successor that has not taken over. The rest as feed_connection_end, _drain, _close. */
void feed_link_end(struct feed_link *l);
bool feed_link_drain(struct feed_link *l);
void feed_link_close(struct feed_link *l);
/* As feed_connection_is_live, of the connection whose sessions are begun. */
bool feed_link_is_live(const struct feed_link *l, int64_t *t_us);
