#include "chart_cached.h"
#include "chart_etag.h"
#include "clock.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

_Static_assert(
	CHART_FRESHNESS_SIZE <= sizeof(((struct fcgi_ready *)0)->scratch), "it is printed there");

#define NO_CACHE "Cache-Control: no-cache\r\n"

/* For the web server's own cache, which reckons in whole seconds: to the end of this one, so that it makes nothing older than a second. Browsers never see it.
 * It stands first: nginx heeds whichever comes first. */
static void let_server_keep(struct answer *head)
{
	char lines[sizeof(head->headers)];
	int len;

	if (strncmp(head->headers, NO_CACHE, strlen(NO_CACHE)) != 0)
		return; /* it says for itself */
	len = snprintf(lines, sizeof(lines), "X-Accel-Expires: @%" PRId64 "\r\n%s",
		(int64_t)(clock_wall_us() / SECOND_US), head->headers);
	if (len > 0 && (size_t)len < sizeof(lines))
		memcpy(head->headers, lines, (size_t)len + 1);
}

static size_t print_fresh(const struct chart_basis *b, bool stale, char out[CHART_FRESHNESS_SIZE])
{
	struct chart_freshness f = chart_state_of(b->venue, &b->feed, b->as_of_us, clock_wall_us());

	if (stale)
		f.state = CHART_STALE;
	return chart_state_text(out, b->as_of_us, &f);
}

static void add(struct fcgi_ready *c, const char *bytes, size_t len)
{
	if (len > 0)
		c->pieces[c->count++] = (struct iovec){(void *)(uintptr_t)bytes, len};
}

static void add_body(const struct chart_entry *e, bool stale, struct fcgi_ready *out)
{
	const struct buf *body = &e->answer.body;
	const struct chart_basis *b = &e->basis;
	size_t rest = b->at + b->len;

	out->count = 0;
	if (b->len == 0) {
		add(out, body->data, body->len);
		return;
	}
	add(out, body->data, b->at);
	add(out, out->scratch, print_fresh(b, stale, out->scratch));
	add(out, body->data + rest, body->len - rest);
}

bool chart_cached_can_be_stale(const struct chart_entry *e)
{
	return e->basis.len > 0;
}

void chart_cached_lay_out(
	const struct chart_entry *e, const struct request *rq, bool stale, struct fcgi_ready *out)
{
	struct answer *head = &out->head;

	*head = e->answer;
	head->body = (struct buf){0};
	out->count = 0;
	if (stale) {
		head->etag[0] = '\0';
		snprintf(head->headers, sizeof(head->headers), "Cache-Control: no-store\r\n");
	} else if (head->etag[0] != '\0' && head->status == 200 &&
		   chart_etag_matches(rq->if_none_match, head->etag)) {
		head->status = 304;
		return;
	} else if (head->status == 200) {
		let_server_keep(head);
	}
	add_body(e, stale, out);
}

void chart_cached_answer(
	const struct chart_entry *e, const struct request *rq, bool stale, struct answer *a)
{
	struct buf body = a->body;
	struct fcgi_ready c;

	chart_cached_lay_out(e, rq, stale, &c);
	*a = c.head;
	buf_reset(&body);
	for (int i = 0; i < c.count; i++)
		buf_add(&body, c.pieces[i].iov_base, c.pieces[i].iov_len);
	body.failed |= e->answer.body.failed;
	a->body = body;
}
