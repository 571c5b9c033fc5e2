#include "settings.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const variables[] = {"PRICEGRAPH_LOG_LEVEL", "PRICEGRAPH_FEED_SYMBOLS",
	"PRICEGRAPH_KAFKA_BOOTSTRAP_SERVERS", "PRICEGRAPH_KAFKA_LINGER_MS", "PRICEGRAPH_CONFIG",
	"PRICEGRAPH_LOG_LEVLE", "PRICEGRAPH_MODEL_PORT", "PRICEGRAPH_DATA"};

static int clean_environment(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	return 0;
}

static struct settings *new_settings(void)
{
	struct err e = {0};
	struct settings *s = settings_new(&e);

	assert_string_equal(e.text, "");
	assert_non_null(s);
	return s;
}

/* Reads `text` as a file; its name is replaced by "file" in the error. */
static int read_text(struct settings *s, const char *text, struct err *e)
{
	char path[] = "/tmp/settings_test.XXXXXX", rest[ERR_TEXT_SIZE];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	int result = settings_read_file(s, path, e);
	unlink(path);
	if (result < 0) {
		assert_memory_equal(e->text, path, strlen(path));
		snprintf(rest, sizeof(rest), "%s", e->text + strlen(path));
		err_set(e, "file%s", rest);
	}
	return result;
}

static void table_is_sound(void **state)
{
	(void)state;
	for (const struct setting *row = setting_table; row->section; row++) {
		assert_true(*row->section && *row->key && *row->help && *row->programs);
		assert_int_equal(strspn(row->programs, "cehlt"), strlen(row->programs));
		assert_int_equal(row->help[strlen(row->help) - 1], '.');
		for (const struct setting *other = setting_table; other < row; other++)
			assert_true(strcmp(other->section, row->section) != 0 ||
				    strcmp(other->key, row->key) != 0);
		/* A section is one block. */
		if (row > setting_table && strcmp(row[-1].section, row->section) != 0)
			for (const struct setting *other = setting_table; other < row; other++)
				assert_string_not_equal(other->section, row->section);
	}
}

static void defaults_are_in_force(void **state)
{
	struct settings *s = new_settings();
	const char *key, *value;

	(void)state;
	assert_string_equal(settings_text(s, "venue", "name"), "binance");
	assert_string_equal(settings_text(s, "kafka", "bootstrap.servers"), "127.0.0.1:9092");
	assert_int_equal(settings_int(s, "topics", "retention"), 72);
	assert_true(settings_bool(s, "exchange", "tls"));
	assert_true(settings_float(s, "model", "speed") == 1.0);
	assert_string_equal(settings_item(s, "feed", "streams", 1), "kline_1s");
	assert_null(settings_item(s, "feed", "streams", 3));
	assert_null(settings_item(s, "feed", "streams", 300));
	assert_false(settings_kafka_property(s, 0, &key, &value));
	settings_free(s);
	settings_free(NULL);
}

static void file_goes_over_defaults(void **state)
{
	struct settings *s = new_settings();
	struct err e = {0};

	(void)state;
	assert_int_equal(read_text(s,
				 "[venue]\nname = synthetic ; not live\nclock=ping\n[model]\n"
				 "speed = 2.5\n[exchange]\ntls = no\nport=19443\n",
				 &e),
		0);
	assert_string_equal(settings_text(s, "venue", "name"), "synthetic");
	assert_string_equal(settings_text(s, "venue", "clock"), "ping");
	assert_true(settings_float(s, "model", "speed") == 2.5);
	assert_false(settings_bool(s, "exchange", "tls"));
	assert_int_equal(settings_int(s, "exchange", "port"), 19443);
	settings_free(s);
}

static void precedence_is_file_environment_option(void **state)
{
	const char *const text = "[log]\nlevel = error\n[feed]\nsymbols = A,B\n";
	struct err e = {0};

	(void)state;
	setenv("PRICEGRAPH_LOG_LEVEL", "debug", 1);
	struct settings *s = new_settings();
	assert_string_equal(settings_text(s, "log", "level"), "debug");
	assert_int_equal(read_text(s, text, &e), 0);
	assert_string_equal(settings_text(s, "log", "level"), "debug");
	assert_string_equal(settings_item(s, "feed", "symbols", 0), "A");
	assert_int_equal(settings_set(s, "log.level=warn", &e), 0);
	assert_int_equal(settings_set(s, "feed.symbols=C", &e), 0);
	assert_int_equal(read_text(s, text, &e), 0);
	assert_string_equal(settings_text(s, "log", "level"), "warn");
	assert_string_equal(settings_item(s, "feed", "symbols", 0), "C");
	assert_null(settings_item(s, "feed", "symbols", 1));
	settings_free(s);
}

static void lists_are_split_and_trimmed(void **state)
{
	struct settings *s = new_settings();
	struct err e = {0};

	(void)state;
	assert_int_equal(read_text(s, "[feed]\nsymbols =  A , B,,\n   C,D\n   E\n", &e), 0);
	for (size_t i = 0; i < 5; i++) {
		const char letter[] = {(char)('A' + i), '\0'};
		assert_string_equal(settings_item(s, "feed", "symbols", i), letter);
	}
	assert_null(settings_item(s, "feed", "symbols", 5));
	assert_int_equal(settings_set(s, "feed.symbols=", &e), 0);
	assert_null(settings_item(s, "feed", "symbols", 0));
	assert_int_equal(settings_set(s, "feed.symbols= , ,", &e), 0);
	assert_null(settings_item(s, "feed", "symbols", 0));
	settings_free(s);
}

static void further_lines_do_not_mix_with_the_environment(void **state)
{
	struct err e = {0};

	(void)state;
	setenv("PRICEGRAPH_FEED_SYMBOLS", "X,Y", 1);
	struct settings *s = new_settings();
	assert_int_equal(read_text(s, "[feed]\nsymbols = A,\n   B\n", &e), 0);
	assert_string_equal(settings_item(s, "feed", "symbols", 1), "Y");
	assert_null(settings_item(s, "feed", "symbols", 2));
	settings_free(s);
}

static void kafka_takes_any_property_in_order(void **state)
{
	struct err e = {0};
	const char *key, *value;

	(void)state;
	setenv("PRICEGRAPH_KAFKA_LINGER_MS", "5", 1);
	setenv("PRICEGRAPH_KAFKA_BOOTSTRAP_SERVERS", "k1:9092", 1);
	struct settings *s = new_settings();
	assert_int_equal(read_text(s,
				 "[kafka]\nbootstrap.servers = k2:9092\nsasl.username = u\n"
				 "linger.ms = 9\nsasl.username = v\n",
				 &e),
		0);
	assert_int_equal(settings_set(s, "kafka.client.id=x=y", &e), 0);
	assert_string_equal(settings_text(s, "kafka", "bootstrap.servers"), "k1:9092");
	assert_true(settings_kafka_property(s, 0, &key, &value));
	assert_string_equal(key, "linger.ms");
	assert_string_equal(value, "5");
	assert_true(settings_kafka_property(s, 1, &key, &value));
	assert_string_equal(key, "sasl.username");
	assert_string_equal(value, "v");
	assert_true(settings_kafka_property(s, 2, &key, &value));
	assert_string_equal(key, "client.id");
	assert_string_equal(value, "x=y");
	assert_false(settings_kafka_property(s, 3, &key, &value));
	settings_free(s);
}

static void bad_files_name_line_and_reason_and_change_nothing(void **state)
{
	static const char *const bad[][2] = {
		{"[venue]\nname=x\n[log]\nlevle=info\n",
			"file:4: section [log] has no setting 'levle'"},
		{"[venue]\nname=x\n[lgo]\nlevel=info\n", "file:4: there is no section [lgo]"},
		{"name=x\n", "file:1: there is no section []"},
		{"[venue]\nname=x\n[model]\nport=80x\n",
			"file:4: model.port: '80x' is not a whole number"},
		{"[venue]\nname=x\n[model]\nport=\n",
			"file:4: model.port: '' is not a whole number"},
		{"[venue]\nname=x\n[model]\nport=65536\n",
			"file:4: model.port: '65536' is not in 0..65535"},
		{"[venue]\nname=x\n[model]\nport=-1\n",
			"file:4: model.port: '-1' is not in 0..65535"},
		{"[venue]\nname=x\n[model]\nport=99999999999999999999\n",
			"file:4: model.port: '99999999999999999999' is too large"},
		{"[venue]\nname=x\n[model]\nspeed=fast\n",
			"file:4: model.speed: 'fast' is not a number"},
		{"[venue]\nname=x\n[model]\nspeed=nan\n",
			"file:4: model.speed: 'nan' is not a number"},
		{"[venue]\nname=x\n[model]\nspeed=1e999\n",
			"file:4: model.speed: '1e999' is not a number"},
		{"[venue]\nname=x\n[model]\nspeed=-1\n",
			"file:4: model.speed: '-1' is not in 0..100000"},
		{"[venue]\nname=x\n[exchange]\ntls=true\n",
			"file:4: exchange.tls: 'true' is neither yes nor no"},
		{"[venue]\nname=x\n[venue]\nclock=sun\n",
			"file:4: venue.clock: 'sun' is none of host|ping"},
		{"[venue]\nname=x\nclock=\n", "file:3: venue.clock: '' is none of host|ping"},
		{"[venue]\nname=\n",
			"file:2: venue.name: '' is not 1 to 90 of the characters a-z0-9-"},
		{"[venue]\nname=x Y\n",
			"file:2: venue.name: 'x Y' is not 1 to 90 of the characters a-z0-9-"},
		{"[topics]\nprefix=a_B.9-\nprefix=a/b\n", "file:3: topics.prefix: 'a/b' is not 1 "
							  "to 90 of the characters A-Za-z0-9._-"},
		{"[venue]\nname=x\n[kafka]\nlinger=1\n",
			"file:4: kafka.linger: No such configuration property: \"linger\""},
		{"[venue]\nname=x\n  y\n",
			"file:3: venue.name is no list: it can't go on in a further line"},
		{"[kafka]\nlinger.ms=1\n  2\n",
			"file:3: kafka.linger.ms is no list: it can't go on in a further line"},
		{"[venue]\nname=x\n[kafka]\nlinger.ms=1\nwhat\n",
			"file:5: neither [section] nor key = value"},
	};
	struct settings *s = new_settings();
	const char *key, *value;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = {0};
		assert_int_equal(read_text(s, bad[i][0], &e), -1);
		assert_string_equal(e.text, bad[i][1]);
		assert_string_equal(settings_text(s, "venue", "name"), "binance");
		assert_false(settings_kafka_property(s, 0, &key, &value));
	}
	settings_free(s);
}

static void a_read_file_keeps_what_options_set(void **state)
{
	struct settings *s = new_settings();
	const char *key, *value;
	struct err e = {0};

	(void)state;
	assert_int_equal(settings_set(s, "venue.name=x", &e), 0);
	assert_int_equal(settings_set(s, "kafka.acks=1", &e), 0);
	assert_int_equal(read_text(s, "[venue]\nname=y\n[kafka]\nacks=2\nlinger.ms=1\n", &e), 0);
	assert_string_equal(settings_text(s, "venue", "name"), "x");
	assert_true(settings_kafka_property(s, 0, &key, &value));
	assert_string_equal(value, "1");
	assert_true(settings_kafka_property(s, 1, &key, &value));
	assert_string_equal(key, "linger.ms");
	assert_false(settings_kafka_property(s, 2, &key, &value));
	settings_free(s);
}

static void bad_assignments_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{"", "'' is not section.key=value"},
		{"venue", "'venue' is not section.key=value"},
		{"venue.name", "'venue.name' is not section.key=value"},
		{"venue=a.b=c", "'venue=a.b=c' is not section.key=value"},
		{"venue.nome=x", "--set venue.nome: section [venue] has no setting 'nome'"},
		{"venu.name=x", "--set venu.name: there is no section [venu]"},
		{"kafka.=x", "--set kafka.: section [kafka] has no setting ''"},
		{"model.port=x", "--set model.port: model.port: 'x' is not a whole number"},
	};
	char long_one[1000] = "venue.";
	struct settings *s = new_settings();

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct err e = {0};
		assert_int_equal(settings_set(s, bad[i][0], &e), -1);
		assert_string_equal(e.text, bad[i][1]);
	}
	memset(long_one + 6, 'k', sizeof(long_one) - 10);
	memcpy(long_one + sizeof(long_one) - 4, "=x", 3);
	assert_int_equal(settings_set(s, long_one, NULL), -1);
	settings_free(s);
}

static void bad_variables_are_named(void **state)
{
	struct err e = {0};

	(void)state;
	setenv("PRICEGRAPH_DATA", "names no section", 1);
	setenv("PRICEGRAPH_LOG_LEVLE", "info", 1);
	assert_null(settings_new(&e));
	assert_string_equal(
		e.text, "environment variable PRICEGRAPH_LOG_LEVLE: there is no such setting");
	unsetenv("PRICEGRAPH_LOG_LEVLE");
	setenv("PRICEGRAPH_MODEL_PORT", "many", 1);
	assert_null(settings_new(&e));
	assert_string_equal(e.text,
		"environment variable PRICEGRAPH_MODEL_PORT: model.port: 'many' is not a whole "
		"number");
}

/* What is printed can be read again, but for the secrets. */
static void prints_what_is_in_force(void **state)
{
	struct err e = {0};
	struct buf b, again;

	(void)state;
	setenv("PRICEGRAPH_LOG_LEVEL", "debug", 1);
	struct settings *s = new_settings();
	assert_int_equal(read_text(s, "[feed]\nsymbols = A,\n  B\n", &e), 0);
	assert_int_equal(settings_set(s, "postgres.reader=host=db password=geheim", &e), 0);
	assert_int_equal(settings_set(s, "postgres.owner=", &e), 0);
	assert_int_equal(settings_set(s, "kafka.sasl.password=geheim", &e), 0);
	assert_int_equal(settings_set(s, "kafka.ssl.key.pem=geheim", &e), 0);
	assert_int_equal(settings_set(s, "kafka.client.id=me", &e), 0);
	buf_init(&b, 100000);
	settings_print(s, &b);
	assert_null(strstr(b.data, "geheim"));
	assert_non_null(strstr(b.data, "[log]\nlevel = debug ; PRICEGRAPH_LOG_LEVEL\n"));
	assert_non_null(strstr(b.data, "\nsymbols = A,,B ; /tmp/settings_test."));
	assert_non_null(strstr(b.data, "\nreader = *** ; --set\nowner =  ; --set\n"));
	assert_non_null(strstr(b.data, "\nsasl.password = *** ; --set\nssl.key.pem = *** ; --set\n"
				       "client.id = me ; --set\n"));
	assert_non_null(strstr(b.data, "[venue]\nname = binance ; default\n"));
	struct settings *other = new_settings();
	assert_int_equal(read_text(other, b.data, &e), 0);
	assert_string_equal(settings_item(other, "feed", "symbols", 1), "B");
	buf_init(&again, 100000);
	settings_print(other, &again);
	assert_non_null(strstr(again.data, "client.id = me ; "));
	buf_done(&b);
	buf_done(&again);
	settings_free(s);
	settings_free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, clean_environment, clean_environment)
	const struct CMUnitTest tests[] = {
		TEST(table_is_sound),
		TEST(defaults_are_in_force),
		TEST(file_goes_over_defaults),
		TEST(precedence_is_file_environment_option),
		TEST(lists_are_split_and_trimmed),
		TEST(further_lines_do_not_mix_with_the_environment),
		TEST(kafka_takes_any_property_in_order),
		TEST(bad_files_name_line_and_reason_and_change_nothing),
		TEST(a_read_file_keeps_what_options_set),
		TEST(bad_assignments_are_refused),
		TEST(bad_variables_are_named),
		TEST(prints_what_is_in_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
