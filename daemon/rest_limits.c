#include "rest_limits.h"
#include "json_scan.h"
#include "log.h"
#include "rest_budget.h"
#include <limits.h>

#define BODY_BYTES_MAX (32u << 20)
#define MINUTE_S 60

struct info {
	struct json_value limits;
};
struct limit_members {
	struct json_value type, interval, count, limit;
};

static const struct json_wanted info_members[] = {
	{"rateLimits", offsetof(struct info, limits), NULL}, {NULL, 0, NULL}};
static const struct json_wanted limit_members[] = {
	{"rateLimitType", offsetof(struct limit_members, type), NULL},
	{"interval", offsetof(struct limit_members, interval), NULL},
	{"intervalNum", offsetof(struct limit_members, count), NULL},
	{"limit", offsetof(struct limit_members, limit), NULL}, {NULL, 0, NULL}};

/* 0: no interval of theirs. */
static int64_t seconds_of(const struct json_value *interval)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} intervals[] = {{"SECOND", 1}, {"MINUTE", 60}, {"HOUR", 3600}, {"DAY", 86400}};

	for (size_t i = 0; i < sizeof(intervals) / sizeof(intervals[0]); i++)
		if (json_scan_equals(interval, intervals[i].name))
			return intervals[i].seconds;
	return 0;
}

/* What one limit leaves for a minute; 0: it is no limit of weight. */
static int64_t in_a_minute(const struct json_value *element)
{
	struct limit_members m;
	int64_t count, limit, seconds;

	if (json_scan(element->at, element->len, limit_members, &m) < 0 ||
		!json_scan_equals(&m.type, "REQUEST_WEIGHT"))
		return 0;
	seconds = seconds_of(&m.interval);
	if (!seconds || json_scan_int(&m.count, &count) < 0 || json_scan_int(&m.limit, &limit) < 0)
		return 0;
	if (count < 1 || count > INT_MAX || limit < 1 || limit > INT_MAX)
		return 0;
	limit = limit * MINUTE_S / (count * seconds);
	return limit > 0 ? limit : 1;
}

int rest_limits_weight(const char *json, size_t len)
{
	struct info info;
	struct json_value element;
	int64_t least = 0;

	if (json_scan(json, len, info_members, &info) < 0)
		return 0;
	while (json_scan_element(&info.limits, &element)) {
		int64_t weight = in_a_minute(&element);
		if (weight && (!least || weight < least))
			least = weight;
	}
	return least < INT_MAX ? (int)least : INT_MAX;
}

void rest_limits_note(const char *json, size_t len)
{
	int weight = rest_limits_weight(json, len);

	if (weight && rest_budget_grant(rest_budget_process(), weight))
		log_info("rest_weight_granted", "per_minute=%d", weight);
}

enum rest_done rest_limits_ask(struct binance_rest *r, struct err *e)
{
	struct buf body;
	enum rest_done done;

	if (rest_budget_granted(rest_budget_process()))
		return REST_OK;
	buf_init(&body, BODY_BYTES_MAX);
	done = binance_rest_get(r, "/api/v3/exchangeInfo", REST_WEIGHT_EXCHANGE_INFO, &body, e);
	if (done == REST_OK)
		rest_limits_note(body.data, body.len);
	buf_done(&body);
	return done;
}
