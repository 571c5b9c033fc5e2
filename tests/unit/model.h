/*
 * model: what the tests of the model exchange share: a source of given items, events gathered as
 * text, files with content.
 */
#pragma once
#include "buf.h"
#include "clock.h"
#include "daemon/market.h"
#include "test.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNIT 100000000LL /* 1 in 10^-8 */

struct given { /* a source that gives these items and then an end */
	struct market_item items[64];
	size_t count, next;
	bool fails;
};

static inline int given_next(void *ctx, struct market_item *out, struct err *e)
{
	struct given *g = ctx;

	if (g->next == g->count)
		return g->fails ? err_set(e, "the disk is gone") : 0;
	*out = g->items[g->next++];
	return 1;
}

static inline struct market_item *given_add(
	struct given *g, enum market_item_kind kind, int64_t at_ms)
{
	struct market_item *item = &g->items[g->count++];

	*item = (struct market_item){.kind = kind, .at_us = at_ms * MS_US};
	return item;
}

/* A trade of `price` and `quantity` units; E at_ms, T trade_ms. */
static inline void given_trade(
	struct given *g, int64_t at_ms, int64_t trade_ms, int64_t price, int64_t quantity)
{
	struct market_item *item = given_add(g, MARKET_TRADE, at_ms);

	item->trade = (struct market_trade){.id = (int64_t)g->count,
		.price = price * UNIT,
		.quantity = (__int128)quantity * UNIT,
		.trade_us = trade_ms * MS_US,
		.maker = g->count % 2 == 0};
}

/* Events as lines "<ms> <name> <object>". */
static inline void lines_event(void *ctx, const struct market_event *ev)
{
	buf_printf(ctx, "%lld %.*s %.*s\n", (long long)(ev->at_us / MS_US), (int)ev->name.len,
		ev->name.data ? ev->name.data : "", (int)ev->object.len,
		ev->object.data ? ev->object.data : "");
}

/* A file in the test's folder. */
static inline void file_put(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}
