/* Frames as the exchange sends them, bad ones, and all recorded ones: each slice against what json-c makes of the frame. */
#include "daemon/feed_frame.h"
#include "daemon/recording_file.h"
#include "test.h"
#include <dirent.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRADE                                                                                      \
	"{\"e\":\"trade\",\"E\":1723161255343,\"s\":\"BTCUSDT\",\"t\":3735683259,\"p\":\"61837."   \
	"63\",\"q\":\"0.02\",\"T\":1723161255342,\"m\":true,\"M\":true}"
#define MINI_TICKER                                                                                \
	"{\"e\":\"24hrMiniTicker\",\"E\":1749183266025,\"s\":\"BTCUSDT\",\"c\":\"1\",\"o\":\"1\"," \
	"\"h\":\"1\",\"l\":\"1\",\"v\":\"1\",\"q\":\"1\"}"
#define KLINE(i)                                                                                   \
	"{\"e\":\"kline\",\"E\":1681154040004,\"s\":\"BELBTC\",\"k\":{\"t\":1,\"i\":\"" i "\"}}"
#define WRAP(name, data) "{\"stream\":\"" name "\",\"data\":" data "}"

static struct feed_frame read_frame(const char *text)
{
	struct feed_frame f;
	memset(&f, 0xee, sizeof(f));
	feed_frame_read(&f, text, strlen(text));
	return f;
}

static void assert_event(
	const char *text, enum stream_kind stream, const char *symbol, const char *data)
{
	struct feed_frame f = read_frame(text);

	if (f.kind != FEED_EVENT)
		fail_msg("kind %d: %s", f.kind, text);
	assert_int_equal(f.stream, stream);
	assert_string_equal(f.symbol, symbol);
	assert_int_equal(f.symbol_len, strlen(symbol));
	assert_int_equal(f.data.len, strlen(data));
	assert_memory_equal(f.data.at, data, f.data.len);
}

static void test_events(void **state)
{
	(void)state;
	assert_event(WRAP("btcusdt@trade", TRADE), STREAM_TRADE, "BTCUSDT", TRADE);
	assert_event(WRAP("btcusdt@miniTicker", MINI_TICKER), STREAM_MINI_TICKER, "BTCUSDT",
		MINI_TICKER);
	assert_event(WRAP("belbtc@kline_1s", KLINE("1s")), STREAM_KLINE_1S, "BELBTC", KLINE("1s"));
	/* data before stream, blanks, members that nobody knows */
	assert_event(" {\"data\" : " TRADE " ,\"st\":1, \"stream\":\"btcusdt@trade\"}\n",
		STREAM_TRADE, "BTCUSDT", TRADE);
	assert_event(TRADE, STREAM_TRADE, "BTCUSDT", TRADE);
	assert_event("\n" MINI_TICKER " ", STREAM_MINI_TICKER, "BTCUSDT", MINI_TICKER);
	assert_event(KLINE("1s"), STREAM_KLINE_1S, "BELBTC", KLINE("1s"));
	assert_int_equal(read_frame(TRADE).event_us, 1723161255343000);
}

static void test_symbols(void **state)
{
	const char *han = "\xe8\xbf\x99\xe6\x98\xafUSDT";

	(void)state;
	assert_string_equal(
		read_frame("{\"e\":\"trade\",\"s\":\"\xe8\xbf\x99\xe6\x98\xafUSDT\"}").symbol, han);
	assert_string_equal(
		read_frame("{\"e\":\"trade\",\"s\":\"\\u8fd9\\u662fUSDT\"}").symbol, han);
	char text[200], symbol[SYMBOL_SIZE + 1];
	for (size_t len = SYMBOL_SIZE - 1; len <= SYMBOL_SIZE; len++) {
		memset(symbol, 'A', len);
		symbol[len] = '\0';
		snprintf(text, sizeof(text), "{\"e\":\"trade\",\"s\":\"%s\"}", symbol);
		assert_int_equal(read_frame(text).kind, len < SYMBOL_SIZE ? FEED_EVENT : FEED_BAD);
	}
}

static void test_event_times(void **state)
{
	(void)state;
	assert_int_equal(read_frame("{\"e\":\"trade\",\"s\":\"A\"}").event_us, -1);
	assert_int_equal(
		read_frame("{\"e\":\"trade\",\"s\":\"A\",\"E\":\"1723161255343\"}").event_us, -1);
	assert_int_equal(read_frame("{\"e\":\"trade\",\"s\":\"A\",\"E\":-1}").event_us, -1);
	/* microseconds, as with timeUnit=MICROSECOND */
	assert_int_equal(
		read_frame("{\"e\":\"trade\",\"s\":\"A\",\"E\":1723161255343123}").event_us,
		1723161255343123);
}

static void test_unknown(void **state)
{
	static const char *const texts[] = {
		WRAP("btcusdt@bookTicker", "{\"u\":1,\"s\":\"BTCUSDT\"}"),
		WRAP("btcusdt@kline_1m", KLINE("1m")),
		WRAP("btcusdt@trade", "{\"e\":\"blockTrade\",\"s\":\"BTCUSDT\"}"),
		WRAP("btcusdt@trade", "{\"s\":\"BTCUSDT\"}"), WRAP("trade", TRADE),
		WRAP("@trade", TRADE), KLINE("1m"), "{}", "{\"e\":\"1hTicker\",\"s\":\"A\"}",
		"{\"e\":1,\"s\":\"A\"}", "{\"lastUpdateId\":5,\"bids\":[],\"asks\":[]}",
		"{\"u\":1,\"s\":\"BTCUSDT\",\"b\":\"1\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (read_frame(texts[i]).kind != FEED_UNKNOWN)
			fail_msg("kind %d: %s", read_frame(texts[i]).kind, texts[i]);
}

static void test_bad(void **state)
{
	static const char *const texts[] = {"", "hello", "{\"e\":\"trade\"", TRADE "x", "5", "null",
		"\"text\"", "{\"e\":\"trade\"}", "{\"e\":\"trade\",\"s\":5}",
		"{\"e\":\"trade\",\"s\":\"\"}", "{\"e\":\"trade\",\"s\":\"A\\u0000B\"}",
		"{\"e\":\"trade\",\"s\":\"\xff\"}", "{\"stream\":5,\"data\":" TRADE "}",
		"{\"stream\":\"btcusdt@trade\"}", WRAP("btcusdt@trade", "5"),
		WRAP("btcusdt@trade", "[" TRADE "]"), WRAP("!miniTicker@arr", MINI_TICKER),
		"{\"stream\":\"!miniTicker@arr\"}", "[" MINI_TICKER ",]"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct feed_frame f = read_frame(texts[i]);
		if (f.kind != FEED_BAD || !f.reason || !*f.reason)
			fail_msg("kind %d: %s", f.kind, texts[i]);
	}
}

static void test_arrays(void **state)
{
	static const char *const texts[] = {"[]", " [ ]\n", "[" MINI_TICKER "]",
		WRAP("!miniTicker@arr", "[]"),
		WRAP("!miniTicker@arr", "[" MINI_TICKER ", " MINI_TICKER "]")};
	static const int counts[] = {0, 0, 1, 0, 2};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct feed_frame f = read_frame(texts[i]);
		struct json_value rest = f.data, element;
		int count = 0;
		if (f.kind != FEED_ARRAY || f.stream != STREAM_MINI_TICKER)
			fail_msg("kind %d: %s", f.kind, texts[i]);
		assert_true(f.data.at[0] == '[' && f.data.at[f.data.len - 1] == ']');
		for (; json_scan_element(&rest, &element); count++) {
			assert_int_equal(element.len, strlen(MINI_TICKER));
			assert_memory_equal(element.at, MINI_TICKER, element.len);
		}
		assert_int_equal(count, counts[i]);
	}
}

static struct feed_answer answer_of(const char *text)
{
	struct feed_frame f = read_frame(text);
	if (f.kind != FEED_ANSWER)
		fail_msg("kind %d: %s", f.kind, text);
	return f.answer;
}

static void test_answers(void **state)
{
	(void)state;
	struct feed_answer a = answer_of("{\"result\":null,\"id\":312}");
	assert_true(a.has_id && a.id == 312 && !a.failed);
	a = answer_of("{\"result\":[\"btcusdt@aggTrade\"],\"id\":3}");
	assert_true(a.has_id && a.id == 3 && !a.failed);
	assert_true(json_scan_is_array(&a.result));
	a = answer_of("{\"error\":{\"code\":2,\"msg\":\"Invalid request: missing field "
		      "`method`\"},\"id\":null}");
	assert_true(!a.has_id && a.failed && a.code == 2);
	assert_string_equal(a.message, "Invalid request: missing field `method`");
	a = answer_of("{\"error\":{\"code\":3,\"msg\":\"Invalid JSON\"}}");
	assert_true(!a.has_id && a.failed && a.code == 3);
	/* as the documents have it */
	a = answer_of("{\"code\":2,\"msg\":\"Invalid request\",\"id\":7}");
	assert_true(a.has_id && a.id == 7 && a.failed && a.code == 2);
	a = answer_of("{\"error\":\"?\",\"id\":\"x\"}");
	assert_true(!a.has_id && a.failed && a.code == -1);
	assert_string_equal(a.message, "");
}

static void test_notices(void **state)
{
	(void)state;
	struct feed_frame f = read_frame("{\"e\":\"serverShutdown\",\"E\":1770123456789}");
	assert_true(f.kind == FEED_NOTICE && f.notice == FEED_SERVER_SHUTDOWN);
	f = read_frame(WRAP("!serverShutdown", "{\"e\":\"serverShutdown\",\"E\":1770123456789}"));
	assert_true(f.kind == FEED_NOTICE && f.notice == FEED_SERVER_SHUTDOWN);
	f = read_frame(WRAP("!replayEnded", "{\"e\":\"replayEnded\",\"E\":1770123456789}"));
	assert_true(f.kind == FEED_NOTICE && f.notice == FEED_REPLAY_ENDED);
	assert_int_equal(f.event_us, 1770123456789000);
}

static bool text_is(struct json_object *object, const char *name, const char *text)
{
	struct json_object *value = json_object_object_get(object, name);
	return json_object_is_type(value, json_type_string) &&
	       strcmp(json_object_get_string(value), text) == 0;
}

/* One recorded frame: what json-c reads in the slice is what it reads in the frame. Returns the kind. */
static enum feed_frame_kind compare(const char *bytes, size_t len)
{
	struct feed_frame f;
	struct json_tokener *t = json_tokener_new();
	struct json_object *whole = json_tokener_parse_ex(t, bytes, (int)len);
	struct json_object *wrapped = NULL, *slice;

	feed_frame_read(&f, bytes, len);
	assert_non_null(whole);
	assert_int_not_equal(f.kind, FEED_BAD);
	if (f.kind == FEED_EVENT) {
		assert_true(f.data.at >= bytes && f.data.at + f.data.len <= bytes + len);
		json_object_object_get_ex(whole, "data", &wrapped);
		json_tokener_reset(t);
		slice = json_tokener_parse_ex(t, f.data.at, (int)f.data.len);
		assert_true(json_object_equal(slice, wrapped ? wrapped : whole));
		assert_true(text_is(slice, "e", stream_table[f.stream].event));
		assert_true(text_is(slice, "s", f.symbol));
		assert_int_equal(json_object_get_int64(json_object_object_get(slice, "E")) * 1000,
			f.event_us);
		json_object_put(slice);
	}
	json_object_put(whole);
	json_tokener_free(t);
	return f.kind;
}

static void compare_file(const char *path, size_t counts[FEED_BAD + 1])
{
	struct err e = {""};
	struct recording_file *file = recording_file_open(path, &e);
	char *line;
	size_t len;
	int more;

	if (!file)
		fail_msg("%s", e.text);
	while ((more = recording_file_line(file, &line, &len, &e)) > 0) {
		char *frame = memchr(line, '{', len);
		char *array = memchr(line, '[', len);
		if (array && (!frame || array < frame))
			frame = array;
		if (frame) /* cryptofeed's files begin with a line that holds none */
			counts[compare(frame, len - (size_t)(frame - line))]++;
	}
	assert_int_equal(more, 0);
	recording_file_free(file);
}

static void test_recordings(void **state)
{
	char folder[400], path[700];
	const char *data = getenv("PRICEGRAPH_DATA");
	struct dirent *entry;
	size_t counts[FEED_BAD + 1] = {0};

	(void)state;
	snprintf(folder, sizeof(folder), "%s/ws", data ? data : "../shared/data");
	DIR *dir = opendir(folder);
	if (!dir) {
		print_message("no recordings in %s: set PRICEGRAPH_DATA\n", folder);
		skip();
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		compare_file(path, counts);
	}
	closedir(dir);
	print_message("events %zu, answers %zu, unknown %zu\n", counts[FEED_EVENT],
		counts[FEED_ANSWER], counts[FEED_UNKNOWN]);
	assert_true(counts[FEED_EVENT] > 30000);
	assert_true(counts[FEED_UNKNOWN] > 30000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_event_times),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_recordings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
