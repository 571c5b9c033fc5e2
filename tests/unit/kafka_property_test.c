#include "kafka_property.h"
#include "test.h"
#include <string.h>

static void takes_what_librdkafka_knows(void **state)
{
	struct err e = {""};

	(void)state;
	assert_int_equal(kafka_property_check("linger.ms", "5", &e), 0);
	assert_int_equal(kafka_property_check("client.id", "me and you", &e), 0);
	assert_int_equal(kafka_property_check("acks", "all", &e), 0); /* of a topic */
	assert_string_equal(e.text, "");
}

static void says_what_is_wrong(void **state)
{
	static const char *const cases[][3] = {
		{"no.such.thing", "1", "No such configuration property: \"no.such.thing\""},
		{"", "1", "No such configuration property"},
		{"linger.ms", "soon", "Invalid value"},
		{"linger.ms", "-5", "outside allowed range"},
		{"error_cb", "1", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err e = {""};

		assert_int_equal(kafka_property_check(cases[i][0], cases[i][1], &e), -1);
		if (!*e.text || !strstr(e.text, cases[i][2]))
			fail_msg("%s: '%s'", cases[i][0], e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_librdkafka_knows),
		cmocka_unit_test(says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
