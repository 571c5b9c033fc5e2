#include "feed_dial.h"
#include "clock.h"
#include "log.h"
#include <stdio.h>

void feed_dial_init(struct feed_dial *d, struct feed_resolver *resolver,
	struct feed_attempts *attempts, uint64_t seed)
{
	*d = (struct feed_dial){.resolver = resolver, .attempts = attempts};
	feed_backoff_init(&d->backoff, seed);
}

/* False: no address yet. */
static bool look_up(struct feed_dial *d, int64_t now_us)
{
	struct feed_socket_closed why = {.opened = false};
	struct err e = {""};

	d->next = 0;
	switch (feed_resolver_get(d->resolver, &d->ticket, &d->addresses, &e)) {
	case FEED_RESOLVE_WAIT:
		return false;
	case FEED_RESOLVED:
		return true;
	case FEED_UNRESOLVED:
		d->addresses.count = 0;
		snprintf(why.reason, sizeof(why.reason), "%.*s", (int)sizeof(why.reason) - 1,
			e.text);
		feed_dial_lost(d, &why, now_us);
		return false;
	}
	return false;
}

const char *feed_dial_address(struct feed_dial *d, int64_t now_us)
{
	if (now_us < d->not_before_us)
		return NULL;
	if (d->next >= d->addresses.count && !look_up(d, now_us))
		return NULL;
	int64_t wait_us = feed_attempts_wait_us(d->attempts, now_us);
	if (wait_us) {
		d->not_before_us = now_us + wait_us;
		return NULL;
	}
	return d->addresses.text[d->next++];
}

void feed_dial_lost(struct feed_dial *d, const struct feed_socket_closed *why, int64_t now_us)
{
	if (!why->opened && !why->status && d->next < d->addresses.count) {
		log_info("feed_address_failed", "address=%s reason=\"%s\"",
			d->addresses.text[d->next - 1], why->reason);
		return;
	}
	d->next = d->addresses.count = 0;
	d->not_before_us = now_us + feed_backoff_wait_us(&d->backoff, why, now_us);
}

void feed_dial_good(struct feed_dial *d, int64_t now_us)
{
	feed_backoff_good(&d->backoff, now_us);
}
