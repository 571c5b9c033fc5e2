#include "binance_rest.h"
#include "clock.h"
#include "json_scan.h"
#include "log.h"
#include "metrics.h"
#include "rest_answer_head.h"
#include "rest_budget.h"
#include "retry.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRANSFER_MS 15000L /* the exchange itself gives up after 10 s */
#define CONNECT_MS 5000L
#define OTHERS_PERCENT 95    /* of the minute's weight, for users that are not bulk */
#define BAN_429_US MINUTE_US /* where no Retry-After came */
#define BAN_418_US (2 * MINUTE_US)
#define BAN_403_US (5 * MINUTE_US)
#define BAN_451_US HOUR_US
#define BAN_MAX_US (4 * DAY_US) /* the exchange's longest is three days */
#define TEXT_SIZE 300
#define BODY_TIME_BYTES 4096

METRIC_COUNTER(requests, "pricegraph_rest_requests_total", "Requests sent to the exchange's REST.");
METRIC_COUNTER(postponed, "pricegraph_rest_postponed_total",
	"Requests that the exchange did not answer, or put off (429, 418, 5xx).");
METRIC_COUNTER(refused, "pricegraph_rest_refused_total", "Requests that the exchange refused.");
METRIC_GAUGE(used_weight, "pricegraph_rest_used_weight",
	"Request weight used in the current minute, as the exchange tells.");

static pthread_once_t started = PTHREAD_ONCE_INIT;
static bool curl_works;

static const struct retry_policy policy = {
	.first_us = SECOND_US / 2, .max_us = MINUTE_US, .reset_us = 1};

struct binance_rest {
	const char *user;
	char base[300];
	struct buf url;
	CURL *curl;
	int64_t limit;             /* weight in a minute, beside what the exchange grants */
	int percent, bulk_percent; /* of it */
	struct retry retry;
	int64_t not_before_us;
	int code;
	/* of the transfer under way */
	struct buf *body;
	struct rest_answer_head head;
	/* stopping */
	atomic_bool stop;
	pthread_mutex_t lock;
	pthread_cond_t wake;
};

static void start(void)
{
	curl_works = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct binance_rest *r = arg;

	buf_add(r->body, bytes, size * count);
	return r->body->failed ? 0 : size * count;
}

static size_t take_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct binance_rest *r = arg;

	rest_answer_head_line(&r->head, bytes, size * count);
	return size * count;
}

/* libcurl asks at least once a second whether to go on. */
static int progress(
	void *arg, curl_off_t total_in, curl_off_t in, curl_off_t total_out, curl_off_t out)
{
	(void)total_in;
	(void)in;
	(void)total_out;
	(void)out;
	return binance_rest_stopping(arg);
}

static int new_transfer(struct binance_rest *r, const char *ca_file, struct err *e)
{
	CURL *curl = r->curl = curl_easy_init();

	if (!curl)
		return err_set(e, "no memory");
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TRANSFER_MS);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "pricegraph");
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, r);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, r);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (*ca_file && curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file) != CURLE_OK)
		return err_set(e, "libcurl does not take '%s'", ca_file);
	return 0;
}

struct binance_rest *binance_rest_new(const struct settings *s, const char *user, struct err *e)
{
	struct binance_rest *r = calloc(1, sizeof(*r));
	pthread_condattr_t monotonic;

	pthread_once(&started, start);
	if (!r || !curl_works) {
		err_set(e, "%s", r ? "libcurl does not start" : "no memory");
		free(r);
		return NULL;
	}
	r->user = user;
	snprintf(r->base, sizeof(r->base), "%s://%s:%lld",
		settings_bool(s, "exchange", "tls") ? "https" : "http",
		settings_text(s, "exchange", "rest_host"),
		(long long)settings_int(s, "exchange", "rest_port"));
	r->limit = settings_int(s, "rest", "weight_limit");
	r->percent = OTHERS_PERCENT;
	r->bulk_percent = (int)settings_int(s, "rest", "weight_share");
	retry_init(&r->retry, &policy, (uint64_t)clock_mono_us());
	buf_init(&r->url, 8192);
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&r->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (new_transfer(r, settings_text(s, "exchange", "ca_file"), e) < 0) {
		binance_rest_free(r);
		return NULL;
	}
	return r;
}

void binance_rest_free(struct binance_rest *r)
{
	if (!r)
		return;
	curl_easy_cleanup(r->curl);
	buf_done(&r->url);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void binance_rest_bulk(struct binance_rest *r)
{
	r->percent = r->bulk_percent;
}

void binance_rest_stop(struct binance_rest *r)
{
	pthread_mutex_lock(&r->lock);
	atomic_store(&r->stop, true);
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

bool binance_rest_stopping(const struct binance_rest *r)
{
	return atomic_load(&r->stop);
}

static bool wait_until(struct binance_rest *r, int64_t until_us)
{
	struct timespec until = {.tv_sec = (time_t)(until_us / SECOND_US),
		.tv_nsec = (long)(until_us % SECOND_US * 1000)};

	pthread_mutex_lock(&r->lock);
	while (!atomic_load(&r->stop) && pthread_cond_timedwait(&r->wake, &r->lock, &until) == 0)
		;
	pthread_mutex_unlock(&r->lock);
	return !atomic_load(&r->stop);
}

bool binance_rest_wait(struct binance_rest *r)
{
	return wait_until(r, r->not_before_us);
}

bool binance_rest_pause(struct binance_rest *r, int64_t us)
{
	return wait_until(r, clock_mono_us() + us);
}

int64_t binance_rest_not_before_us(const struct binance_rest *r)
{
	return r->not_before_us;
}

int binance_rest_code(const struct binance_rest *r)
{
	return r->code;
}

const char *binance_rest_base(const struct binance_rest *r)
{
	return r->base;
}

/* {"code":-1121,"msg":"Invalid symbol."}; an answer of something between us and the exchange is anything. */
static void read_error(struct binance_rest *r, char text[TEXT_SIZE])
{
	struct {
		struct json_value code, msg;
	} v = {{NULL, 0}, {NULL, 0}};
	static const struct json_wanted wanted[] = {
		{"code", 0, NULL}, {"msg", sizeof(struct json_value), NULL}, {NULL, 0, NULL}};
	int64_t code = 0;

	*text = '\0';
	if (r->body->len == 0 || json_scan(r->body->data, r->body->len, wanted, &v) < 0)
		return;
	if (json_scan_int(&v.code, &code) == 0 && code >= INT32_MIN && code <= INT32_MAX)
		r->code = (int)code;
	if (json_scan_text(&v.msg, text, TEXT_SIZE) < 0)
		*text = '\0';
}

/* From "... IP banned until 1787546698129. Please ..."; 0: not said. */
static int64_t banned_for_us(const char *text)
{
	static const char word[] = "banned until ";
	const char *at = strstr(text, word);
	char *end;

	if (!at)
		return 0;
	long long ms = strtoll(at + sizeof(word) - 1, &end, 10);
	int64_t until_us = ms > 0 ? clock_from_exchange(ms) : 0;
	return until_us > clock_wall_us() ? until_us - clock_wall_us() : 0;
}

static enum rest_done put_off(struct binance_rest *r, int64_t until_us)
{
	r->not_before_us = until_us;
	metric_add(&postponed, 1);
	return REST_LATER;
}

static enum rest_done put_off_a_while(struct binance_rest *r)
{
	int64_t now_us = clock_mono_us(), told_us = r->head.retry_after_s * SECOND_US;
	int64_t pause_us = retry_delay_us(&r->retry, now_us);

	return put_off(
		r, now_us + (told_us > pause_us && told_us <= BAN_MAX_US ? told_us : pause_us));
}

/* For all users of this address: how long. 0: `status` is no such case. */
static int64_t ban_us(const struct binance_rest *r, long status, const char *text)
{
	int64_t least_us = r->head.retry_after_s * SECOND_US, told_us = banned_for_us(text);

	if (status != 429 && status != 418 && status != 403 && status != 451)
		return 0;
	if (told_us > least_us)
		least_us = told_us;
	if (least_us <= 0)
		least_us = status == 429   ? BAN_429_US
			   : status == 418 ? BAN_418_US
			   : status == 403 ? BAN_403_US
					   : BAN_451_US;
	return least_us > BAN_MAX_US ? BAN_MAX_US : least_us;
}

static enum rest_done judge(struct binance_rest *r, long status, struct err *e)
{
	char text[TEXT_SIZE];

	if (status == 200) {
		retry_good(&r->retry, clock_mono_us());
		return REST_OK;
	}
	read_error(r, text);
	err_set(e, "HTTP status %ld%s%s", status, *text ? ": " : "", text);
	int64_t pause_us = ban_us(r, status, text);
	if (pause_us) {
		int64_t until_us = clock_mono_us() + pause_us;
		rest_budget_ban(rest_budget_process(), until_us);
		log_warn("rest_banned", "user=%s status=%ld pause_s=%lld reason=\"%s\"", r->user,
			status, (long long)(pause_us / SECOND_US), text);
		return put_off(r, until_us);
	}
	if (status >= 500 || status == 408)
		return put_off_a_while(r);
	metric_add(&refused, 1);
	return REST_REFUSED;
}

/* Minutes are the exchange's; if the host's clock is off, the header of the first answer behind the wait says so again. */
static void learn_weight(const struct rest_answer_head *head)
{
	int64_t left_us = MINUTE_US - clock_wall_us() % MINUTE_US;

	if (head->used_weight < 0)
		return;
	metric_set(&used_weight, head->used_weight);
	rest_budget_told(rest_budget_process(), head->used_weight, clock_mono_us() + left_us);
}

enum rest_done binance_rest_get(
	struct binance_rest *r, const char *path_query, int weight, struct buf *body, struct err *e)
{
	long status = 0;

	r->code = 0;
	buf_reset(body);
	if (binance_rest_stopping(r)) {
		err_set(e, "stopped");
		return REST_STOPPED;
	}
	struct rest_budget *budget = rest_budget_process();
	int64_t later_us = rest_budget_take(
		budget, weight, rest_budget_share(budget, r->limit, r->percent), clock_mono_us());
	if (later_us) {
		r->not_before_us = later_us;
		err_set(e, "the minute's request weight is spent, or the exchange has banned this "
			   "address");
		return REST_LATER;
	}
	buf_reset(&r->url);
	buf_printf(&r->url, "%s%s", r->base, path_query);
	if (r->url.failed) {
		err_set(e, "the address is too long");
		return REST_REFUSED;
	}
	r->body = body;
	rest_answer_head_reset(&r->head);
	curl_easy_setopt(r->curl, CURLOPT_URL, r->url.data);
	metric_add(&requests, 1);
	CURLcode result = curl_easy_perform(r->curl);
	if (result == CURLE_ABORTED_BY_CALLBACK || binance_rest_stopping(r)) {
		err_set(e, "stopped");
		return REST_STOPPED;
	}
	if (result == CURLE_WRITE_ERROR && body->failed) {
		metric_add(&refused, 1);
		err_set(e, "the answer is longer than %zu bytes", body->max_bytes);
		return REST_REFUSED;
	}
	if (result != CURLE_OK) {
		err_set(e, "%s", curl_easy_strerror(result));
		return put_off_a_while(r);
	}
	learn_weight(&r->head);
	curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	return judge(r, status, e);
}

enum rest_done binance_rest_time(
	struct binance_rest *r, int64_t *t_us, int64_t *round_trip_us, struct err *e)
{
	static const struct json_wanted wanted[] = {{"serverTime", 0, NULL}, {NULL, 0, NULL}};
	struct json_value value;
	struct buf body;
	int64_t t = -1;

	buf_init(&body, BODY_TIME_BYTES);
	int64_t sent_us = clock_mono_us();
	enum rest_done done = binance_rest_get(r, "/api/v3/time", REST_WEIGHT_TIME, &body, e);
	*round_trip_us = clock_mono_us() - sent_us;
	if (done == REST_OK &&
		(body.len == 0 || json_scan(body.data, body.len, wanted, &value) < 0 ||
			json_scan_int(&value, &t) < 0 || clock_from_exchange(t) <= 0)) {
		err_set(e, "no serverTime in the answer");
		done = put_off_a_while(r);
	}
	if (done == REST_OK)
		*t_us = clock_from_exchange(t);
	buf_done(&body);
	return done;
}

void binance_rest_escape(struct buf *out, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *text; text++) {
		if (strchr(plain, *text))
			buf_add_char(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}
