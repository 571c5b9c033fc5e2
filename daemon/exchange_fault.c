#include "exchange_fault.h"
#include "clock.h"
#include "exchange_http.h"
#include "fault_socket.h"
#include "fault_wire.h"
#include "log.h"
#include "market_halt.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_BYTES_MAX (4u << 20)
#define STALLED_MAX 256 /* then the oldest is closed */

struct exchange_fault {
	struct exchange_fault_parts parts;
	struct fault_plan *plan;
	struct fault_frames *frames;
	int64_t connections;
	int stalled[STALLED_MAX]; /* sockets whose handshake is never answered */
	size_t stalled_count;
	struct buf record;
};

static struct ws_session *session_of(struct hub_client *c)
{
	return lws_container_of(c, struct ws_session, client);
}

int64_t exchange_fault_now_us(const struct exchange_fault *x)
{
	return market_to_hub_clock_us(x->parts.arrow);
}

static void tell(struct exchange_fault *x, const char *word, int64_t connection)
{
	if (x->parts.truth && !x->record.failed)
		truth_record(x->parts.truth, word, exchange_fault_now_us(x), connection,
			(struct slice){x->record.data, x->record.len});
}

static void stalled_drop(struct exchange_fault *x, size_t i)
{
	close(x->stalled[i]);
	x->stalled_count--;
	memmove(x->stalled + i, x->stalled + i + 1, (x->stalled_count - i) * sizeof(int));
}

/* The TCP connection stays, but libwebsockets knows nothing of it any more. */
static void stall(struct exchange_fault *x, struct lws *wsi)
{
	int fd = fault_socket_take(lws_get_socket_fd(wsi));

	if (fd < 0)
		return;
	if (x->stalled_count == STALLED_MAX)
		stalled_drop(x, 0);
	x->stalled[x->stalled_count++] = fd;
}

static void send_message(struct exchange_fault *x, struct ws_session *s, struct message *m)
{
	hub_send(x->parts.hub, &s->client, m);
	message_release(m);
}

/* Cut without a close frame (code -1), or with one; code 0: an empty one. */
static void cut(struct exchange_fault *x, struct ws_session *s, int code, const char *reason)
{
	if (code < 0) {
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
	} else if (!s->client.ending) {
		send_message(x, s, fault_wire_close(code, reason));
		s->hang_up = true;
	}
	s->client.ending = true;
}

static void notice(
	struct exchange_fault *x, struct ws_session *s, const char *name, const char *event)
{
	struct market_event ev = {.name = {name, strlen(name)}, .everyone = true};

	buf_reset(&x->record);
	buf_printf(&x->record, "{\"e\":\"%s\",\"E\":%lld}", event,
		(long long)(exchange_fault_now_us(x) / MS_US));
	ev.object = (struct slice){x->record.data, x->record.len};
	hub_publish_to(x->parts.hub, &s->client, &ev);
}

static void connection_do(struct exchange_fault *x, struct ws_session *s, const struct fault *f)
{
	switch ((int)f->kind) {
	case FAULT_RESET:
		s->client.ending = true;
		fault_socket_reset(lws_get_socket_fd(s->wsi));
		lws_set_timeout(s->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
		break;
	case FAULT_CLOSE:
		cut(x, s, (int)f->numbers[0], f->text);
		break;
	case FAULT_SHUTDOWN:
		notice(x, s, "!serverShutdown", "serverShutdown");
		s->shutdown_us =
			exchange_fault_now_us(x) + (int64_t)(f->numbers[0] * (double)SECOND_US) + 1;
		break;
	case FAULT_OVERSIZED:
		send_message(x, s, fault_wire_oversized((size_t)f->numbers[0]));
		break;
	case FAULT_UNKNOWN:
		notice(x, s, "!unknown", f->text);
		break;
	}
}

static void halt(struct exchange_fault *x, struct market_symbol *s, const struct fault *f)
{
	int64_t from = clock_floor(market_reached_us(x->parts.market), SECOND_US) + SECOND_US;
	struct market_pause span = {from, MARKET_NEVER};
	enum market_status status = strcmp(f->text, "BREAK") == 0 ? MARKET_BREAK : MARKET_HALT;

	if (f->numbers[0] > 0)
		span.to_us = from + clock_floor((int64_t)(f->numbers[0] * (double)SECOND_US) +
							SECOND_US - 1,
					    SECOND_US);
	if (market_halt(s, span, f->numbers[1] > 0, status))
		log_error("fault_failed", " id=%lld reason=\"no memory\"", (long long)f->id);
}

static void market_do(struct exchange_fault *x, struct fault *f)
{
	int64_t now = clock_floor(market_reached_us(x->parts.market), SECOND_US);
	struct market_symbol *s;

	if (f->kind == FAULT_CLOCK) {
		f->hits++;
		market_to_hub_shift(x->parts.arrow, (int64_t)f->numbers[0] * MS_US);
	}
	for (size_t i = 0; f->kind != FAULT_CLOCK && (s = market_symbol_change(x->parts.market, i));
		i++) {
		int64_t from = now - (int64_t)f->numbers[0] * SECOND_US;

		if (!fault_where(f, (struct slice){s->name, strlen(s->name)}))
			continue;
		f->hits++;
		if (f->kind == FAULT_HALT)
			halt(x, s, f);
		else
			market_restate(s,
				(struct market_pause){
					from, from + (int64_t)f->numbers[1] * SECOND_US},
				(int64_t)(f->numbers[2] * 1e6));
	}
}

static void turned(void *ctx, struct fault *f)
{
	struct exchange_fault *x = ctx;
	enum fault_seam seam = fault_table[f->kind].seam;
	bool begins = f->state == FAULT_ACTIVE;

	if (begins && seam == FAULT_MARKET)
		market_do(x, f);
	for (struct hub_client *c = hub_first(x->parts.hub); c && begins; c = c->next) {
		if ((seam != FAULT_CONNECTION && seam != FAULT_EXTRA) ||
			!fault_chosen(x->plan, f, c->number))
			continue;
		f->hits++;
		connection_do(x, session_of(c), f);
	}
	if (!begins && f->kind == FAULT_BURST)
		fault_frames_release(x->frames, exchange_fault_now_us(x), f);
	buf_reset(&x->record);
	fault_print(f, &x->record);
	tell(x, begins ? "fault" : "healed", 0);
	log_info(begins ? "fault" : "healed", " id=%lld kind=%s hits=%lld", (long long)f->id,
		fault_table[f->kind].name, (long long)f->hits);
}

struct exchange_fault *exchange_fault_new(
	const struct exchange_fault_parts *parts, const char *script, uint64_t seed, struct err *e)
{
	struct exchange_fault *x = calloc(1, sizeof(*x));

	if (!x) {
		err_set(e, "no memory");
		return NULL;
	}
	x->parts = *parts;
	buf_init(&x->record, RECORD_BYTES_MAX);
	x->plan = fault_plan_new(seed, (struct fault_plan_owner){x, turned});
	if (x->plan)
		x->frames = fault_frames_new(parts->hub, x->plan, parts->truth);
	if (!x->frames) {
		err_set(e, "no memory");
	} else if (!*script || fault_plan_add_file(x->plan, script, e) == 0) {
		hub_filter_set(parts->hub, fault_frames_filter(x->frames));
		return x;
	}
	exchange_fault_free(x);
	return NULL;
}

void exchange_fault_free(struct exchange_fault *x)
{
	if (!x)
		return;
	hub_filter_set(x->parts.hub, (struct hub_filter){0});
	while (x->stalled_count > 0)
		stalled_drop(x, 0);
	fault_frames_free(x->frames);
	fault_plan_free(x->plan);
	buf_done(&x->record);
	free(x);
}

struct fault_plan *exchange_fault_plan(struct exchange_fault *x)
{
	return x->plan;
}

void exchange_fault_made(struct exchange_fault *x, struct ws_session *s, const char *url)
{
	struct fault *f;

	s->client.number = ++x->connections;
	s->born_us = exchange_fault_now_us(x);
	fault_plan_newest(x->plan, s->client.number);
	buf_reset(&x->record);
	buf_add_str(&x->record, "{\"path\":");
	buf_add_json(&x->record, url, strlen(url));
	buf_add_char(&x->record, '}');
	tell(x, "connect", s->client.number);
	f = fault_plan_strike(x->plan, FAULT_CONNECTION, s->client.number, (struct slice){NULL, 0});
	if (f)
		connection_do(x, s, f);
}

void exchange_fault_streams(struct exchange_fault *x, const struct ws_session *s)
{
	buf_reset(&x->record);
	buf_add_str(&x->record, "{\"streams\":[");
	for (size_t i = 0; i < s->client.stream_count; i++) {
		const char *name = hub_stream_name(s->client.streams[i]);

		if (i > 0)
			buf_add_char(&x->record, ',');
		buf_add_json(&x->record, name, strlen(name));
	}
	buf_add_str(&x->record, "]}");
	tell(x, "streams", s->client.number);
}

void exchange_fault_left(struct exchange_fault *x, struct ws_session *s)
{
	fault_frames_leave(x->frames, &s->client);
	buf_reset(&x->record);
	buf_printf(&x->record, "{\"unsent\":%lld}", (long long)hub_unsent(&s->client));
	tell(x, "disconnect", s->client.number);
}

/* A client that has hung up is let go, though nothing of it is read. */
static void silent_tend(struct exchange_fault *x, struct ws_session *s)
{
	bool silent = fault_plan_active(x->plan, FAULT_SILENCE, s->client.number);
	if (silent && !fault_socket_stands(lws_get_socket_fd(s->wsi)))
		cut(x, s, -1, "");
	if (silent == s->silent)
		return;
	s->silent = silent;
	lws_rx_flow_control(s->wsi, !silent);
	if (!silent)
		lws_callback_on_writable(s->wsi);
}

void exchange_fault_tend(struct exchange_fault *x)
{
	int64_t now = exchange_fault_now_us(x);

	if (market_to_hub_state(x->parts.arrow) != MARKET_WAITING)
		fault_plan_start(x->plan, now);
	fault_plan_tick(x->plan, now);
	fault_frames_release(x->frames, now, NULL);
	for (size_t i = x->stalled_count; i-- > 0;) {
		if (!fault_socket_stands(x->stalled[i]))
			stalled_drop(x, i);
	}
	for (struct hub_client *c = hub_first(x->parts.hub); c; c = c->next) {
		struct ws_session *s = session_of(c);
		struct fault *life = fault_plan_active(x->plan, FAULT_LIFE, c->number);

		silent_tend(x, s);
		if (s->shutdown_us && now >= s->shutdown_us)
			cut(x, s, 1001, "serverShutdown");
		if (life && !c->ending &&
			now - s->born_us >= (int64_t)(life->numbers[0] * (double)SECOND_US)) {
			life->hits++;
			cut(x, s, life->numbers[1] > 0 ? (int)life->numbers[1] : -1, "");
		}
		if (c->count > 0 && s->next_us)
			lws_callback_on_writable(s->wsi);
	}
}

bool exchange_fault_may_send(struct exchange_fault *x, struct ws_session *s)
{
	if (s->silent || fault_plan_active(x->plan, FAULT_SILENCE, s->client.number))
		return false;
	if (!fault_plan_active(x->plan, FAULT_SLOW, s->client.number))
		s->next_us = 0;
	return clock_mono_us() >= s->next_us;
}

void exchange_fault_sent(struct exchange_fault *x, struct ws_session *s, size_t bytes)
{
	struct fault *slow = fault_plan_active(x->plan, FAULT_SLOW, s->client.number);
	int64_t now = clock_mono_us();

	if (!slow)
		return;
	slow->hits++;
	s->next_us = (s->next_us > now ? s->next_us : now) +
		     (int64_t)((double)bytes / slow->numbers[0] * (double)SECOND_US);
}

bool exchange_fault_may_ping(struct exchange_fault *x, const struct ws_session *s)
{
	struct fault *f = fault_plan_active(x->plan, FAULT_NO_PINGS, s->client.number);

	if (f)
		f->hits++;
	return !f;
}

struct fault *exchange_fault_request(struct exchange_fault *x, const struct ws_session *s)
{
	return fault_plan_strike(x->plan, FAULT_ANSWER, s->client.number, (struct slice){NULL, 0});
}

int exchange_fault_upgrade(struct exchange_fault *x, struct lws *wsi)
{
	struct fault *f = fault_plan_strike(x->plan, FAULT_UPGRADE, 0, (struct slice){NULL, 0});

	if (!f)
		return 0;
	if (f->kind == FAULT_REFUSE)
		return exchange_http_refuse(wsi, (int)f->numbers[0], (int)f->numbers[1]);
	stall(x, wsi);
	return 1;
}

bool exchange_fault_rest(struct exchange_fault *x, struct slice path, struct rest_answer *a)
{
	struct fault *f = fault_plan_strike(x->plan, FAULT_REST, 0, path);
	int status = f ? (int)f->numbers[0] : 0;
	char message[256];

	if (!f)
		return false;
	if (status == 429 || status == 418 || f->numbers[1] > 1)
		a->retry_after = (int)f->numbers[1];
	snprintf(message, sizeof(message),
		"Way too much request weight used; IP banned until %lld. Please use WebSocket "
		"Streams for "
		"live updates to avoid bans.",
		(long long)(clock_wall_us() / MS_US + (int64_t)f->numbers[1] * 1000));
	if (status == 418)
		rest_error(a, status, -1003, message);
	else if (status == 429)
		rest_error(a, status, -1003,
			"Too many requests; current limit is 6000 request weight per 1 MINUTE.");
	else if (status == 451)
		rest_error(a, status, 0,
			"Service unavailable from a restricted location according to 'b. "
			"Eligibility' in https://www.binance.com/en/terms.");
	else if (status == 403 || status >= 502)
		rest_html(a, status);
	else
		rest_error(a, status, status >= 500 ? -1000 : -1100,
			"An unknown error occurred while processing the request.");
	return true;
}
