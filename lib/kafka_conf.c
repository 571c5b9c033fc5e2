#include "kafka_conf.h"
#include "log.h"
#include <string.h>

/* librdkafka's levels are syslog's. A broker that is away is its level 3, but it copes. */
static enum log_level level_of(int syslog_level)
{
	if (syslog_level <= 2)
		return LOG_ERROR;
	if (syslog_level <= 4)
		return LOG_WARN;
	return syslog_level <= 6 ? LOG_INFO : LOG_DEBUG;
}

/* Runs on librdkafka's own threads. */
static void to_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	log_event(level_of(level), "kafka", "facility=%s text=\"%s\"", facility, text);
}

static int set(rd_kafka_conf_t *conf, const char *key, const char *value, struct err *e)
{
	char why[ERR_TEXT_SIZE];

	if (rd_kafka_conf_set(conf, key, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	return err_set(e, "kafka.%s: %s", key, why);
}

static int set_pairs(rd_kafka_conf_t *conf, const char *const *pairs, struct err *e)
{
	for (size_t i = 0; pairs[i]; i += 2)
		if (set(conf, pairs[i], pairs[i + 1], e) != 0)
			return -1;
	return 0;
}

static bool is_key_of(const char *const *pairs, const char *key)
{
	for (size_t i = 0; pairs[i]; i += 2)
		if (strcmp(pairs[i], key) == 0)
			return true;
	return false;
}

static int set_operators(
	rd_kafka_conf_t *conf, const struct settings *s, const char *const *fixed, struct err *e)
{
	const char *key, *value;

	for (size_t i = 0; settings_kafka_property(s, i, &key, &value); i++) {
		if (is_key_of(fixed, key))
			return err_set(e, "kafka.%s can't be set: promises rest on it", key);
		if (set(conf, key, value, e) != 0)
			return -1;
	}
	return 0;
}

rd_kafka_conf_t *kafka_conf_new(const struct settings *s, const char *const *defaults,
	const char *const *fixed, struct err *e)
{
	/* clang-format off */
	const char *const common[] = {
		"bootstrap.servers", settings_text(s, "kafka", "bootstrap.servers"),
		"client.id", "pricegraph",
		/* Back within a second of a broker that was away. */
		"reconnect.backoff.ms", "50",
		"reconnect.backoff.max.ms", "1000",
		NULL,
	};
	/* clang-format on */
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set_log_cb(conf, to_log);
	if (set_pairs(conf, common, e) != 0 || set_pairs(conf, defaults, e) != 0 ||
		set_operators(conf, s, fixed, e) != 0 || set_pairs(conf, fixed, e) != 0) {
		rd_kafka_conf_destroy(conf);
		return NULL;
	}
	return conf;
}
