#include "feed_backoff.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include <stddef.h>
#include <string.h>

METRIC_COUNTER(disconnects, "pricegraph_feed_disconnects_total",
	"Connections to the exchange that were lost after they had been open.");
METRIC_COUNTER(refusals, "pricegraph_feed_not_connected_total",
	"Attempts to connect to the exchange that failed.");

static const struct retry_policy policy = {
	.first_us = SECOND_US, .max_us = MINUTE_US, .reset_us = 30 * SECOND_US};

static const struct meaning {
	int status; /* HTTP */
	int64_t wait_us;
	const char *text;
} meanings[] = {
	{403, MINUTE_US, "blocked by the web application firewall, or too much traffic"},
	{418, 2 * MINUTE_US, "this address is banned for exceeding the limits"},
	{429, MINUTE_US, "too many requests"},
	{451, 5 * MINUTE_US, "not offered at this location, permanently"},
};

/* Close codes of RFC 6455; the reason tells apart what the exchange means by 1008. */
static const struct farewell {
	int code;
	const char *reason; /* how it begins; "" = any */
	int64_t wait_us;
	const char *text;
} farewells[] = {
	{1000, "", 0, "the server has closed it"},
	{1001, "", 0, "the server goes away"},
	/* also what the library makes of codes newer than itself: 1012, 1013, 1014 */
	{1002, "", 0, "against the protocol"},
	{1005, "", 0, "closed without a code"},
	{1006, "", 0, "broken off"},
	{1008, "Too many requests", 10 * SECOND_US,
		"more requests than are allowed; going on means a ban"},
	{1008, "Pong timeout", 0, "the server did not see our PONGs"},
	{1008, "", 10 * SECOND_US, "against the server's policy"},
	{1009, "", 10 * SECOND_US, "a request was too long"},
	{1011, "", 0, "an error inside the server"},
};

void feed_backoff_init(struct feed_backoff *b, uint64_t seed)
{
	retry_init(&b->retry, &policy, seed);
}

void feed_backoff_good(struct feed_backoff *b, int64_t now_us)
{
	retry_good(&b->retry, now_us);
}

static const struct meaning *find(int status)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].status == status)
			return &meanings[i];
	return NULL;
}

static const struct farewell *find_farewell(const struct feed_socket_closed *why)
{
	for (size_t i = 0; i < sizeof(farewells) / sizeof(farewells[0]); i++)
		if (farewells[i].code == why->code &&
			strncmp(why->reason, farewells[i].reason, strlen(farewells[i].reason)) == 0)
			return &farewells[i];
	return NULL;
}

static void log_loss(const struct feed_socket_closed *why, const struct meaning *m, int64_t wait_us)
{
	long long wait_ms = wait_us / MS_US;

	if (why->opened) {
		metric_add(&disconnects, 1);
		const struct farewell *f = find_farewell(why);
		log_event(f && f->wait_us ? LOG_ERROR : LOG_WARN, "feed_disconnected",
			"code=%d reason=\"%s\" meaning=\"%s\" retry_in_ms=%lld", why->code,
			why->reason, f ? f->text : "", wait_ms);
		return;
	}
	metric_add(&refusals, 1);
	if (m)
		log_error("feed_refused", "status=%d meaning=\"%s\" retry_in_ms=%lld", why->status,
			m->text, wait_ms);
	else
		log_warn("feed_not_connected", "status=%d reason=\"%s\" retry_in_ms=%lld",
			why->status, why->reason, wait_ms);
}

int64_t feed_backoff_wait_us(
	struct feed_backoff *b, const struct feed_socket_closed *why, int64_t now_us)
{
	const struct meaning *m = find(why->status);
	const struct farewell *f = why->opened ? find_farewell(why) : NULL;
	int64_t wait_us = why->retry_after_s * SECOND_US;
	int64_t backoff_us = retry_delay_us(&b->retry, now_us);

	if (wait_us > 3 * DAY_US)
		wait_us = 3 * DAY_US;
	if (m && m->wait_us > wait_us)
		wait_us = m->wait_us;
	if (f && f->wait_us > wait_us)
		wait_us = f->wait_us;
	if (backoff_us > wait_us)
		wait_us = backoff_us;
	log_loss(why, m, wait_us);
	return wait_us;
}
