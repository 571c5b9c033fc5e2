#include "test.h"
#include "topic.h"
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

static void names_topics(void **state)
{
	char name[TOPIC_NAME_SIZE];

	(void)state;
	topic_of_stream(name, "pricegraph", "binance", STREAM_MINI_TICKER);
	assert_string_equal(name, "pricegraph.binance.miniTicker");
	topic_of_stream(name, "p", "replay-btc", STREAM_KLINE_1S);
	assert_string_equal(name, "p.replay-btc.kline_1s");
	topic_of_history(name, "p", "binance", STREAM_AGG_TRADE);
	assert_string_equal(name, "p.binance.aggTrade.history");
	topic_of_meta(name, "pricegraph", "synthetic");
	assert_string_equal(name, "pricegraph.synthetic.meta");
}

static void cuts_names_that_are_too_long(void **state)
{
	char prefix[2 * TOPIC_NAME_SIZE], name[TOPIC_NAME_SIZE];

	(void)state;
	memset(prefix, 'p', sizeof(prefix) - 1);
	prefix[sizeof(prefix) - 1] = '\0';
	topic_of_stream(name, prefix, "v", STREAM_TRADE);
	assert_int_equal(strlen(name), TOPIC_NAME_SIZE - 1);
	topic_of_meta(name, prefix, "v");
	assert_int_equal(strlen(name), TOPIC_NAME_SIZE - 1);
}

/* Kafka's own test of its Java hash (UtilsTest.testMurmur2): hashes of these keys, sign bit
 * cleared, modulo 8. */
static void hashes_as_the_java_client(void **state)
{
	static const struct {
		const char *key;
		int32_t hash;
	} known[] = {
		{"21", -973932308},
		{"foobar", -790332482},
		{"a-little-bit-long-string", -985981536},
		{"a-little-bit-longer-string", -1486304829},
		{"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
		{"abc", 479470107},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		assert_int_equal(topic_partition(known[i].key, strlen(known[i].key)),
			(known[i].hash & 0x7fffffff) % TOPIC_PARTITIONS);
}

static void hashes_as_librdkafka(void **state)
{
	char key[64];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		int len = snprintf(key, sizeof(key), "%.*s%dUSDT", i % 12, "ÄBCDEFGHIJKL", i);
		int theirs = rd_kafka_msg_partitioner_murmur2(
			NULL, key, (size_t)len, TOPIC_PARTITIONS, NULL, NULL);
		assert_int_equal(topic_partition(key, (size_t)len), theirs);
	}
	assert_int_equal(topic_partition("", 0),
		rd_kafka_msg_partitioner_murmur2(NULL, "", 0, TOPIC_PARTITIONS, NULL, NULL));
}

static void spreads_symbols(void **state)
{
	int seen[TOPIC_PARTITIONS] = {0};
	char key[64];

	(void)state;
	for (int i = 0; i < 800; i++) {
		int len = snprintf(key, sizeof(key), "COIN%dUSDT", i);
		int p = topic_partition(key, (size_t)len);
		assert_in_range(p, 0, TOPIC_PARTITIONS - 1);
		seen[p]++;
	}
	for (int p = 0; p < TOPIC_PARTITIONS; p++)
		assert_true(seen[p] > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_topics),
		cmocka_unit_test(cuts_names_that_are_too_long),
		cmocka_unit_test(hashes_as_the_java_client),
		cmocka_unit_test(hashes_as_librdkafka),
		cmocka_unit_test(spreads_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
