/* History waits for its second: until that is settled, and until the live batch that settled it is handed over. */
#include "daemon/sink_history_take.h"
#include "daemon/sink_seal.h"
#include "sink_world.h"

static struct sink_batch history;
static struct history_place at;

static int set_up_history(void **state)
{
	at = (struct history_place){.next = 0};
	sink_batch_init(&history, 1 << 20);
	history.of_history = true;
	return set_up(state);
}

static int tear_down_history(void **state)
{
	sink_repairs_done(&at.repairs);
	sink_batch_done(&history);
	return tear_down(state);
}

/* An aggregate of second `n` behind T0. */
static enum history_taken take_past(struct world *w, int n)
{
	static const struct sink_refused none;
	const struct history_into to = {&w->st, &history, w->parser, &none, &at};
	struct err e = {""};

	snprintf(w->value, sizeof w->value,
		"{\"e\":\"aggTrade\",\"s\":\"BTCUSDT\",\"a\":%d,\"p\":\"10\",\"q\":\"1\",\"f\":1,"
		"\"l\":3,\"T\":%lld,\"m\":true}",
		n, (long long)(T0 / 1000 + n * 1000));
	const struct kafka_record r = {.tag = STREAM_AGG_TRADE,
		.partition = 3,
		.offset = at.next,
		.value = w->value,
		.value_len = strlen(w->value)};
	return sink_history_take(&to, &r, &e);
}

static void waits_until_its_second_is_written(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_trade(w, 1, T0 + 100000, "10");
	sink_seal(&w->st, &w->batch);
	assert_int_equal(take_past(w, 0), HISTORY_HELD);
	take_control(STREAM_TRADE, "s1", "alive", T0 + 6 * SECOND_US, "");
	assert_int_equal(candles(w), 1);
	/* Settled; but that batch, with the candle of one trade in it, would be written behind this row. */
	assert_int_equal(take_past(w, 0), HISTORY_HELD);
	sink_seal(&w->st, &w->batch);
	assert_int_equal(take_past(w, 0), HISTORY_TAKEN);
	assert_int_equal(take_past(w, 1), HISTORY_HELD);
	assert_int_equal(sink_batch_raw_count(&history, STREAM_AGG_TRADE), 1);
	assert_int_equal(BATCH_COUNT(history.lates, struct batch_late), 1);
}

/* History's own batch hands over nothing of the live ones. */
static void a_batch_of_history_settles_nothing(void **state)
{
	struct world *w = *state;

	take_control(STREAM_TRADE, "s1", "begin", T0, SYMBOLS);
	take_control(STREAM_TRADE, "s1", "alive", T0 + 6 * SECOND_US, "");
	sink_seal_symbols(&w->st, &history);
	assert_int_equal(take_past(w, 0), HISTORY_HELD);
	sink_seal(&w->st, &w->batch);
	assert_int_equal(take_past(w, 0), HISTORY_TAKEN);
}

static void nobody_is_waited_for_where_nobody_listens(void **state)
{
	struct world *w = *state;

	assert_int_equal(take_past(w, 7), HISTORY_TAKEN);
	assert_int_equal(take_past(w, 0), HISTORY_TAKEN);
	take_control(STREAM_TRADE, "s1", "begin", T0 + 60 * SECOND_US, SYMBOLS);
	take_control(STREAM_TRADE, "s1", "ended", T0 + 61 * SECOND_US, "");
	assert_int_equal(take_past(w, 80), HISTORY_TAKEN);
}

#define TEST_HISTORY(f) cmocka_unit_test_setup_teardown(f, set_up_history, tear_down_history)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST_HISTORY(waits_until_its_second_is_written),
		TEST_HISTORY(a_batch_of_history_settles_nothing),
		TEST_HISTORY(nobody_is_waited_for_where_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
