/* Arrays of the whole exchange: each element once, whatever the queue does in the middle; which symbols are heard. */
#include "daemon/feed_count.h"
#include "daemon/feed_whole.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	char symbols[4000][SYMBOL_SIZE];
	int count, room; /* `room` more are taken, then the queue is full */
	bool refuse;     /* the next one */
	struct feed_counts counted;
} fake;

enum kafka_sent feed_output_event(
	struct feed_output *o, const struct feed_frame *f, int64_t received_us)
{
	assert_null(o);
	assert_int_equal(received_us, 77);
	assert_int_equal(f->stream, STREAM_MINI_TICKER);
	assert_true(f->data.at[0] == '{' && f->data.at[f->data.len - 1] == '}');
	if (fake.refuse) {
		fake.refuse = false;
		return KAFKA_REFUSED;
	}
	if (fake.room == 0)
		return KAFKA_FULL;
	fake.room--;
	snprintf(fake.symbols[fake.count++], SYMBOL_SIZE, "%s", f->symbol);
	return KAFKA_SENT;
}

void feed_count_event(void)
{
	fake.counted.events++;
}

void feed_count_unknown(const char *bytes, size_t len)
{
	assert_true(bytes && len);
	fake.counted.unknown++;
}

void feed_count_bad(const char *reason, const char *bytes, size_t len)
{
	assert_true(reason && bytes && len);
	fake.counted.bad++;
}

void feed_count_unwanted(void)
{
	fake.counted.unwanted++;
}

void feed_count_array(void)
{
	fake.counted.arrays++;
}

static struct feed_wants *wanted(const char *symbols, const char *list)
{
	struct err e = {""};
	struct settings *s = settings_new(&e);
	struct feed_catalog *catalog = list ? feed_catalog_new(list, strlen(list), &e) : NULL;

	assert_int_equal(settings_set(s, symbols, &e), 0);
	assert_int_equal(settings_set(s, "feed.streams=!miniTicker@arr", &e), 0);
	struct feed_choice *c = feed_choice_new(s, &e);
	struct feed_wants *w = feed_wants_new(c, catalog, false, &e);
	assert_non_null(w);
	feed_choice_free(c);
	feed_catalog_free(catalog);
	settings_free(s);
	return w;
}

static struct feed_whole whole_of(const struct feed_wants *w)
{
	struct feed_whole whole = {.wants = NULL};

	assert_int_equal(feed_whole_set(&whole, w), 0);
	memset(&fake, 0, sizeof(fake));
	return whole;
}

static bool take(struct feed_whole *w, struct feed_array *a, const char *text)
{
	struct feed_frame f;

	feed_frame_read(&f, text, strlen(text));
	assert_int_equal(f.kind, FEED_ARRAY);
	return feed_whole_array(w, a, &f, NULL, 77);
}

#define ELEMENT(symbol, t)                                                                         \
	"{\"e\":\"24hrMiniTicker\",\"E\":" #t ",\"s\":\"" symbol "\",\"c\":\"1\"}"

static void test_elements(void **state)
{
	struct feed_wants *wants = wanted("feed.symbols=*USDT,-XUSDT", NULL);
	struct feed_whole w = whole_of(wants);
	struct feed_array a = {0, 0};

	(void)state;
	fake.room = 100;
	assert_true(take(&w, &a,
		"{\"stream\":\"!miniTicker@arr\",\"data\":[" ELEMENT(
			"BUSDT", 1500000000003) "," ELEMENT("AUSDT",
			1500000000009) "," ELEMENT("ABTC", 1500000000001) "," ELEMENT("XUSDT",
			1500000000099) ",5,{},"
				       "{\"e\":\"24hrMiniTicker\"}," ELEMENT("BUSDT",
					       1500000000004) ",{\"e\":\"trade\",\"s\":\"AUSDT\"},"
							      "{\"result\":null,\"id\":1}]}"));
	assert_int_equal(fake.count, 3);
	assert_int_equal(fake.counted.events, 3);
	assert_int_equal(fake.counted.unwanted, 2);
	assert_int_equal(fake.counted.bad, 2);     /* 5, and one without a symbol */
	assert_int_equal(fake.counted.unknown, 3); /* {}, the trade, the answer */
	assert_int_equal(fake.counted.arrays, 1);
	assert_int_equal(a.latest_us, 1500000000009000); /* of those that are kept */
	assert_int_equal(w.count, 2);
	assert_string_equal(w.symbols[0], "AUSDT");
	a = (struct feed_array){0, 0};
	assert_true(take(&w, &a, "[]"));
	assert_int_equal(fake.counted.arrays, 2);
	/* One that Kafka's client refuses is counted, and the rest goes on. */
	fake.refuse = true;
	assert_true(take(&w, &a, "[" ELEMENT("AUSDT", 1) "," ELEMENT("BUSDT", 2) "]"));
	assert_int_equal(fake.counted.bad, 3);
	assert_int_equal(fake.count, 4);
	feed_whole_done(&w);
	feed_wants_free(wants);
}

/* 1,500 elements through a queue that has room for ever other numbers of them: each once and in order. */
static void test_full_queue(void **state)
{
	struct feed_wants *wants = wanted("feed.symbols=*", NULL);
	struct feed_whole w = whole_of(wants);
	struct feed_array a = {0, 0};
	struct buf text;
	int offers = 0;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_add_str(&text, "{\"data\":[ ");
	for (int i = 0; i < 1500; i++)
		buf_printf(&text, "%s{\"e\":\"24hrMiniTicker\",\"E\":%lld,\"s\":\"S%dUSDT\"}",
			i ? " , " : "", 1500000000000LL + i, i);
	buf_add_str(&text, " ],\"stream\":\"!miniTicker@arr\"}");
	srand48(3);
	while (!take(&w, &a, text.data)) {
		fake.room = (int)(lrand48() % 40);
		offers++;
	}
	assert_true(offers > 30);
	assert_int_equal(fake.count, 1500);
	for (int i = 0; i < 1500; i++) {
		char symbol[SYMBOL_SIZE];
		snprintf(symbol, sizeof(symbol), "S%dUSDT", i);
		assert_string_equal(fake.symbols[i], symbol);
	}
	assert_int_equal(fake.counted.events, 1500);
	assert_int_equal(fake.counted.arrays, 1);
	assert_int_equal(w.count, 1500);
	for (size_t i = 1; i < w.count; i++)
		assert_true(strcmp(w.symbols[i - 1], w.symbols[i]) < 0);
	buf_done(&text);
	feed_whole_done(&w);
	feed_wants_free(wants);
}

static void test_list(void **state)
{
	static const char list[] = "{\"symbols\":[{\"symbol\":\"BUSDT\",\"status\":\"TRADING\"},"
				   "{\"symbol\":\"AUSDT\",\"status\":\"TRADING\"},"
				   "{\"symbol\":\"OUSDT\",\"status\":\"BREAK\"}]}";
	static const char shorter[] = "{\"symbols\":[{\"symbol\":\"AUSDT\",\"status\":\"TRADING\"},"
				      "{\"symbol\":\"BUSDT\",\"status\":\"BREAK\"}]}";
	struct feed_wants *unchecked = wanted("feed.symbols=*USDT", NULL);
	struct feed_wants *first = wanted("feed.symbols=*USDT", list);
	struct feed_wants *second = wanted("feed.symbols=*USDT", shorter);
	struct feed_whole w = whole_of(unchecked);

	(void)state;
	assert_true(feed_whole_takes(&w, "OLDUSDT") && !feed_whole_takes(&w, "ABTC"));
	assert_int_equal(feed_whole_set(&w, unchecked), 0);
	assert_int_equal(w.count, 1); /* without a list it is all that is known */
	assert_int_equal(feed_whole_set(&w, first), 0);
	assert_int_equal(w.count, 2); /* heard already before they come */
	unsigned changes = w.changes;
	assert_true(feed_whole_takes(&w, "BUSDT") && w.changes == changes);
	assert_true(feed_whole_takes(&w, "NEWUSDT") && w.changes != changes);
	changes = w.changes;
	assert_int_equal(feed_whole_set(&w, second), 0);
	assert_true(w.count == 1 && w.changes != changes);
	assert_string_equal(w.symbols[0], "AUSDT");
	feed_whole_done(&w);
	feed_wants_free(unchecked);
	feed_wants_free(first);
	feed_wants_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_full_queue),
		cmocka_unit_test(test_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
