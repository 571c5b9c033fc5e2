/* The control records of one session: their order, T, symbols, and what a full queue does to them. */
#include "daemon/feed_session.h"
#include "test.h"
#include <stdio.h>
#include <string.h>

#define T0 1723161255000000LL
#define SENT_MAX 200

struct sent {
	enum control_kind kind;
	int partition;
	int64_t seq, t_us;
	bool has_symbols;
	size_t symbol_count, running;
	char symbol[SYMBOL_SIZE]; /* the first */
};

struct sink {
	struct sent records[SENT_MAX];
	int count, room;        /* `room` more are taken */
	enum kafka_sent answer; /* then */
};

static const char *const symbols[] = {"BTCUSDT", "ETHUSDT", "DOGEUSDT"};

static enum kafka_sent take(void *arg, enum stream_kind stream, const struct control *c)
{
	struct sink *k = arg;

	assert_int_equal(stream, STREAM_TRADE);
	if (k->room == 0)
		return k->answer;
	k->room--;
	struct sent *r = &k->records[k->count++];
	*r = (struct sent){.kind = c->kind,
		.partition = c->partition,
		.seq = c->seq,
		.t_us = c->t_us,
		.running = c->running_count,
		.has_symbols = c->has_symbols,
		.symbol_count = c->has_symbols ? c->symbol_count : 0};
	if (r->symbol_count)
		snprintf(r->symbol, sizeof(r->symbol), "%s", c->symbols[0]);
	assert_string_equal(c->collector, "here");
	assert_string_equal(c->session, "s1");
	return KAFKA_SENT;
}

static struct feed_time at_second(int64_t s)
{
	return (struct feed_time){.clock_us = T0 + s * 1000000, .speed = 1, .mono_us = s * 1000000};
}

static enum kafka_sent write_at(struct feed_session *s, int64_t second, struct sink *k)
{
	struct feed_time now = at_second(second);
	return feed_session_write(s, &now, take, k);
}

static struct feed_session begun(void)
{
	struct feed_session s;
	feed_session_init(&s, STREAM_TRADE, "here");
	assert_int_equal(feed_session_name(&s, symbols, 2, true), 0);
	feed_session_begin(&s, "s1", T0, "");
	return s;
}

static void test_begin(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = SENT_MAX};
	size_t named = 0;

	(void)state;
	feed_session_reached(&s, T0 + 5); /* read meanwhile: `begin` still says from when on */
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	assert_int_equal(k.count, TOPIC_PARTITIONS);
	for (int i = 0; i < TOPIC_PARTITIONS; i++) {
		assert_int_equal(k.records[i].kind, CONTROL_BEGIN);
		assert_int_equal(k.records[i].partition, i);
		assert_int_equal(k.records[i].seq, 1);
		assert_int_equal(k.records[i].t_us, T0);
		assert_true(k.records[i].has_symbols);
		named += k.records[i].symbol_count;
	}
	assert_int_equal(named, 2);
	int home = topic_partition("BTCUSDT", 7);
	assert_int_not_equal(home, topic_partition("ETHUSDT", 7));
	assert_string_equal(k.records[home].symbol, "BTCUSDT");
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	assert_int_equal(k.count, TOPIC_PARTITIONS);
	feed_session_done(&s);
}

static void test_alive(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = SENT_MAX};

	(void)state;
	assert_int_equal(write_at(&s, 100, &k), KAFKA_SENT);
	feed_session_reached(&s, T0 + 20);
	feed_session_reached(&s, T0 + 10);
	feed_session_alive(&s);
	assert_int_equal(write_at(&s, 101, &k), KAFKA_SENT);
	assert_int_equal(k.count, 2 * TOPIC_PARTITIONS);
	for (int i = TOPIC_PARTITIONS; i < k.count; i++) {
		assert_int_equal(k.records[i].kind, CONTROL_ALIVE);
		assert_int_equal(k.records[i].seq, 2);
		assert_int_equal(k.records[i].t_us, T0 + 20);
		assert_false(k.records[i].has_symbols);
	}
	feed_session_done(&s);
}

/* At least every 60 s an alive names the symbols, with one record a second. */
static void test_symbols_again(void **state)
{
	struct feed_session s = begun();
	int64_t named_at = 100;

	(void)state;
	struct sink k = {.room = SENT_MAX};
	assert_int_equal(write_at(&s, 100, &k), KAFKA_SENT);
	for (int64_t second = 101; second < 400; second++) {
		k = (struct sink){.room = SENT_MAX};
		feed_session_alive(&s);
		assert_int_equal(write_at(&s, second, &k), KAFKA_SENT);
		assert_int_equal(k.count, TOPIC_PARTITIONS);
		if (k.records[3].has_symbols) {
			assert_true(second - named_at > 40);
			named_at = second;
		}
		assert_true(second - named_at < 60);
	}
	feed_session_done(&s);
}

/* A change is told by the next record of the partitions that it touches, complete; at once where that is asked for. */
static void test_change(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = SENT_MAX};
	int doge = topic_partition("DOGEUSDT", 8), btc = topic_partition("BTCUSDT", 7);

	(void)state;
	assert_int_equal(write_at(&s, 100, &k), KAFKA_SENT);
	assert_false(feed_session_has_untold(&s) || feed_session_has_due(&s));
	assert_int_equal(feed_session_name(&s, symbols, 2, true), 0); /* the same */
	assert_false(feed_session_has_untold(&s) || feed_session_has_due(&s));
	k.count = 0;
	assert_int_equal(feed_session_name(&s, symbols, 3, false), 0);
	assert_true(feed_session_has_untold(&s));
	assert_int_equal(write_at(&s, 100, &k), KAFKA_SENT);
	assert_int_equal(k.count, 0); /* by the next alive */
	feed_session_alive(&s);
	assert_int_equal(write_at(&s, 101, &k), KAFKA_SENT);
	assert_int_equal(k.count, TOPIC_PARTITIONS);
	for (int i = 0; i < TOPIC_PARTITIONS; i++)
		assert_int_equal(k.records[i].has_symbols, i == doge);
	assert_string_equal(k.records[doge].symbol, "DOGEUSDT");
	assert_false(feed_session_has_untold(&s));
	/* BTCUSDT goes: its partition alone hears of it, at once, and a full queue only defers it. */
	k = (struct sink){.room = 0, .answer = KAFKA_FULL};
	assert_int_equal(feed_session_name(&s, symbols + 1, 2, true), 0);
	assert_int_equal(write_at(&s, 101, &k), KAFKA_FULL);
	assert_true(feed_session_has_untold(&s));
	k.room = SENT_MAX;
	assert_int_equal(write_at(&s, 101, &k), KAFKA_SENT);
	assert_int_equal(k.count, 1);
	assert_int_equal(k.records[0].partition, btc);
	assert_int_equal(k.records[0].kind, CONTROL_ALIVE);
	assert_true(k.records[0].has_symbols && k.records[0].symbol_count == 0);
	/* The last ones go, and the session with them: empty sets first, then `ended` that names nobody. */
	k.count = 0;
	assert_int_equal(feed_session_name(&s, NULL, 0, true), 0);
	feed_session_end(&s);
	assert_int_equal(write_at(&s, 102, &k), KAFKA_SENT);
	assert_int_equal(k.count, 2 + TOPIC_PARTITIONS);
	for (int i = 0; i < k.count; i++)
		assert_int_equal(k.records[i].has_symbols, k.records[i].kind == CONTROL_ALIVE);
	assert_false(feed_session_has_due(&s));
	feed_session_done(&s);
}

/* Which sessions run is told once, by the next alive of each partition. */
static void test_running(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = SENT_MAX};
	char ids[2][SESSION_SIZE] = {"s1", "s2"};

	(void)state;
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	assert_int_equal(feed_session_tell_running(&s, ids, 2), 0);
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	assert_int_equal(k.count, TOPIC_PARTITIONS); /* not for its own sake */
	for (int second = 2; second <= 3; second++) {
		feed_session_alive(&s);
		assert_int_equal(write_at(&s, second, &k), KAFKA_SENT);
	}
	assert_int_equal(k.count, 3 * TOPIC_PARTITIONS);
	for (int i = 0; i < k.count; i++)
		assert_int_equal(k.records[i].running, i / TOPIC_PARTITIONS == 1 ? 2 : 0);
	feed_session_done(&s);
}

static void test_ended(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = SENT_MAX};

	(void)state;
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	feed_session_alive(&s);
	feed_session_reached(&s, T0 + 7);
	feed_session_end(&s);
	assert_false(s.active);
	assert_int_equal(write_at(&s, 2, &k), KAFKA_SENT);
	assert_int_equal(k.count, 2 * TOPIC_PARTITIONS);
	for (int i = TOPIC_PARTITIONS; i < k.count; i++) {
		assert_int_equal(k.records[i].kind, CONTROL_ENDED);
		assert_int_equal(k.records[i].t_us, T0 + 7);
		assert_false(k.records[i].has_symbols);
	}
	feed_session_alive(&s);
	feed_session_end(&s);
	assert_int_equal(write_at(&s, 3, &k), KAFKA_SENT);
	assert_int_equal(k.count, 2 * TOPIC_PARTITIONS);
	feed_session_done(&s);
}

/* A record that met a full queue comes later, before those that are due behind it, with the T of then. */
static void test_full(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = 3, .answer = KAFKA_FULL};

	(void)state;
	assert_int_equal(write_at(&s, 1, &k), KAFKA_FULL);
	assert_int_equal(k.count, 3);
	feed_session_alive(&s);
	feed_session_end(&s);
	assert_int_equal(write_at(&s, 2, &k), KAFKA_FULL);
	assert_int_equal(k.count, 3);
	feed_session_reached(&s, T0 + 9);
	k.room = SENT_MAX;
	assert_int_equal(write_at(&s, 3, &k), KAFKA_SENT);
	assert_int_equal(k.count, 2 * TOPIC_PARTITIONS);
	int64_t seq[TOPIC_PARTITIONS] = {0};
	for (int i = 0; i < k.count; i++) {
		int p = k.records[i].partition;
		assert_int_equal(k.records[i].seq, ++seq[p]);
		assert_int_equal(k.records[i].kind, seq[p] == 1 ? CONTROL_BEGIN : CONTROL_ENDED);
		assert_int_equal(k.records[i].t_us, seq[p] == 1 ? T0 : T0 + 9);
	}
	feed_session_done(&s);
}

static void test_refused(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = 0, .answer = KAFKA_REFUSED};

	(void)state;
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT); /* lost, and the rest goes on */
	k.answer = KAFKA_DEAD;
	feed_session_alive(&s);
	assert_int_equal(write_at(&s, 2, &k), KAFKA_DEAD);
	feed_session_done(&s);
}

static void test_forget(void **state)
{
	struct feed_session s = begun();
	struct sink k = {.room = SENT_MAX};

	(void)state;
	feed_session_forget(&s);
	feed_session_alive(&s);
	feed_session_end(&s);
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	assert_int_equal(k.count, 0);
	feed_session_begin(&s, "s1", T0 - 50, "recording"); /* another connection: its own T */
	feed_session_alive(&s);
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	assert_int_equal(k.count, 2 * TOPIC_PARTITIONS);
	assert_int_equal(k.records[0].kind, CONTROL_BEGIN);
	assert_int_equal(k.records[0].seq, 1);
	assert_int_equal(k.records[1].t_us, T0 - 50);
	feed_session_done(&s);
}

static void test_retire(void **state)
{
	struct feed_session s;
	struct sink k = {.room = SENT_MAX};

	(void)state;
	feed_session_init(&s, STREAM_TRADE, "here");
	feed_session_retire(&s, "s1", T0);
	assert_int_equal(write_at(&s, 1, &k), KAFKA_SENT);
	assert_int_equal(k.count, TOPIC_PARTITIONS);
	for (int i = 0; i < k.count; i++) {
		assert_int_equal(k.records[i].kind, CONTROL_ENDED);
		assert_true(k.records[i].has_symbols);
		assert_int_equal(k.records[i].symbol_count, 0);
	}
	feed_session_done(&s);
}

static void test_id(void **state)
{
	char id[SESSION_SIZE], later[SESSION_SIZE];

	(void)state;
	feed_session_id(id, "a-collector-with-a-name-over-32-bytes", T0, 9);
	feed_session_id(later, "a-collector-with-a-name-over-32-bytes", T0 + 1, 10);
	assert_string_equal(id, "a-collector-with-a-name-over-32--1723161255000000-9");
	assert_true(strcmp(id, later) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_alive),
		cmocka_unit_test(test_symbols_again),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_retire),
		cmocka_unit_test(test_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
