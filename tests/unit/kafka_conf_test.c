#include "kafka_conf.h"
#include "kafka_mock.h"
#include "test.h"
#include <string.h>

static const char *const defaults[] = {"linger.ms", "7", "client.id", "ours", NULL};
static const char *const fixed[] = {"acks", "all", NULL};

static rd_kafka_conf_t *conf_of(const char *const *assignments, struct err *e)
{
	struct kafka_mock m = {.settings = kafka_mock_settings("one:1,two:2")};

	for (; *assignments; assignments++)
		kafka_mock_set(&m, *assignments);
	rd_kafka_conf_t *conf = kafka_conf_new(m.settings, defaults, fixed, e);
	settings_free(m.settings);
	return conf;
}

static void is(rd_kafka_conf_t *conf, const char *key, const char *expected)
{
	char value[200];
	size_t size = sizeof(value);

	assert_int_equal(rd_kafka_conf_get(conf, key, value, &size), RD_KAFKA_CONF_OK);
	assert_string_equal(value, expected);
}

static void lays_the_operators_over_our_defaults(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const some[] = {
		"kafka.linger.ms=11", "kafka.security.protocol=ssl", "kafka.retries=5", NULL};
	struct err e = {""};
	rd_kafka_conf_t *conf = conf_of(none, &e);

	(void)state;
	assert_non_null(conf);
	is(conf, "bootstrap.servers", "one:1,two:2");
	is(conf, "linger.ms", "7");
	is(conf, "client.id", "ours");
	is(conf, "acks", "-1");
	rd_kafka_conf_destroy(conf);

	conf = conf_of(some, &e);
	assert_non_null(conf);
	is(conf, "linger.ms", "11");
	is(conf, "security.protocol", "ssl");
	is(conf, "retries", "5");
	rd_kafka_conf_destroy(conf);
}

static void keeps_what_promises_rest_on(void **state)
{
	static const char *const cases[][2] = {
		{"kafka.acks=1", "kafka.acks can't be set"},
		{"kafka.acks=all", "kafka.acks can't be set"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const one[] = {cases[i][0], NULL};
		struct err e = {""};
		assert_null(conf_of(one, &e));
		if (!strstr(e.text, cases[i][1]))
			fail_msg("%s: '%s'", cases[i][0], e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lays_the_operators_over_our_defaults),
		cmocka_unit_test(keeps_what_promises_rest_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
