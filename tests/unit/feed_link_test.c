/* When a connection is replaced, and in which order: the connections are played by the test. */
#include "clock.h"
#include "daemon/feed_link.h"
#include "test.h"
#include <stdlib.h>

struct feed_connection {
	int number;
	bool held, worn, ready, live, closed, left, ended, freed;
	const char *cause;
	enum feed_connected state;
	int64_t t_us, from_us, taken_over;
	size_t wanted;
};

static struct feed_connection made[8];
static int made_count, takeovers;
static bool no_memory;

struct feed_connection *feed_connection_new(struct feed_shared *shared,
	const struct feed_want *wants, size_t count, struct feed_silence *silence)
{
	(void)shared;
	(void)wants;
	(void)silence;
	if (no_memory)
		return NULL;
	assert_true(made_count < 8);
	struct feed_connection *c = &made[made_count];
	*c = (struct feed_connection){.number = made_count++, .wanted = count, .cause = ""};
	return c;
}

int feed_connection_want(struct feed_connection *c, const struct feed_want *wants, size_t count)
{
	assert_true(wants || !count);
	if (no_memory)
		return -1;
	c->wanted = count;
	return 0;
}

void feed_connection_explain(struct feed_connection *c, const char *cause)
{
	c->cause = cause;
}

const char *feed_connection_cause(const struct feed_connection *c)
{
	return c->cause;
}

bool feed_connection_is_settled(const struct feed_connection *c)
{
	return c->live && c->ready;
}

struct feed_session *feed_connection_session(struct feed_connection *c, enum stream_kind stream)
{
	static struct feed_session *sessions[8];
	return stream == STREAM_TRADE ? sessions[c->number] : NULL;
}

bool feed_connection_is_empty(const struct feed_connection *c)
{
	return !c->wanted;
}

void feed_connection_free(struct feed_connection *c)
{
	if (c)
		c->freed = true;
}

int64_t feed_connection_serve(struct feed_connection *c)
{
	assert_false(c->freed);
	return 50000 - c->number;
}

void feed_connection_end(struct feed_connection *c)
{
	c->ended = true;
}

bool feed_connection_drain(struct feed_connection *c)
{
	return !c->freed;
}

void feed_connection_close(struct feed_connection *c)
{
	c->closed = true;
}

bool feed_connection_is_live(const struct feed_connection *c, int64_t *t_us)
{
	*t_us = c->t_us;
	return c->live;
}

void feed_connection_hold(struct feed_connection *c)
{
	c->held = true;
}

bool feed_connection_is_ready(const struct feed_connection *c, int64_t *from_us)
{
	*from_us = c->from_us;
	return c->ready;
}

void feed_connection_take_over(struct feed_connection *c)
{
	c->held = false;
	c->taken_over = ++takeovers;
}

void feed_connection_leave(struct feed_connection *c)
{
	c->left = true;
	c->state = FEED_CONNECTION_ENDING;
}

enum feed_connected feed_connection_state(const struct feed_connection *c)
{
	return c->state;
}

bool feed_connection_is_worn(const struct feed_connection *c, int64_t life_us)
{
	assert_true(life_us >= 100 * SECOND_US && life_us <= 103 * SECOND_US);
	return c->worn;
}

bool feed_connection_is_closed(const struct feed_connection *c)
{
	return c->closed && c->state == FEED_CONNECTION_LOST;
}

struct link {
	struct settings *settings;
	struct feed_shared shared;
	struct feed_link *link;
};

static const struct feed_want one = {STREAM_TRADE, "A"};

static void start(struct link *l)
{
	struct err e;

	made_count = takeovers = 0;
	no_memory = false;
	*l = (struct link){.settings = settings_new(NULL)};
	assert_non_null(l->settings);
	assert_int_equal(settings_set(l->settings, "feed.rotation=100", &e), 0);
	assert_int_equal(settings_set(l->settings, "venue.settle=5", &e), 0);
	l->shared.settings = l->settings;
	l->link = feed_link_new(&l->shared, &one, 1);
	assert_non_null(l->link);
	made[0].state = FEED_CONNECTION_OPEN;
	made[0].live = true;
	made[0].t_us = 1000 * SECOND_US;
}

static void stop(struct link *l)
{
	feed_link_free(l->link);
	for (int i = 0; i < made_count; i++)
		assert_true(made[i].freed);
	settings_free(l->settings);
}

static void begin_rotation(struct link *l)
{
	feed_link_serve(l->link);
	assert_int_equal(made_count, 1);
	made[0].worn = true;
	feed_link_serve(l->link);
	assert_int_equal(made_count, 2);
	assert_true(made[1].held);
	made[1].from_us = made[0].t_us + SECOND_US;
}

static void test_make_before_break(void **state)
{
	struct link l;
	int64_t t_us;

	(void)state;
	start(&l);
	begin_rotation(&l);
	assert_int_equal(feed_link_serve(l.link), 49999);
	made[0].t_us = made[1].from_us + 5 * SECOND_US;
	feed_link_serve(l.link);
	assert_false(made[0].left); /* the successor does not hear everything yet */
	made[1].ready = true;
	made[0].t_us--;
	feed_link_serve(l.link);
	assert_false(made[0].left); /* T is not past its begin by settle yet */
	made[0].t_us++;
	feed_link_serve(l.link);
	assert_true(made[0].left);
	feed_link_serve(l.link);
	assert_true(made[1].held && !made[0].closed); /* the last record is still due */
	made[0].state = FEED_CONNECTION_OVER;
	feed_link_serve(l.link);
	assert_true(made[0].closed && !made[1].held && !made[0].freed);
	made[1].t_us = 7;
	made[1].live = true;
	made[1].state = FEED_CONNECTION_OPEN;
	assert_true(feed_link_is_live(l.link, &t_us) && t_us == 7);
	made[0].state = FEED_CONNECTION_LOST; /* its closing handshake is over */
	feed_link_serve(l.link);
	assert_true(made[0].freed);
	assert_int_equal(made_count, 2);
	stop(&l);
}

static void test_lost_meanwhile(void **state)
{
	struct link l;

	(void)state;
	start(&l);
	begin_rotation(&l);
	made[0].state = FEED_CONNECTION_LOST;
	made[0].cause = "overflow";
	feed_link_serve(l.link);
	assert_true(made[0].freed && !made[1].held);
	assert_string_equal(made[1].cause, "overflow"); /* what it could not bridge */
	made[1].state = FEED_CONNECTION_LOST;           /* from here on it is a connection as any */
	feed_link_serve(l.link);
	assert_false(made[1].freed);
	stop(&l);
}

static void test_recording_ends_meanwhile(void **state)
{
	struct link l;

	(void)state;
	start(&l);
	begin_rotation(&l);
	made[0].state = FEED_CONNECTION_OVER;
	feed_link_serve(l.link);
	assert_true(made[1].freed && !made[0].freed && !made[0].closed);
	assert_int_equal(takeovers, 0);
	stop(&l);
}

static void test_stopped_meanwhile(void **state)
{
	struct link l;

	(void)state;
	start(&l);
	begin_rotation(&l);
	feed_link_end(l.link);
	assert_true(made[1].freed && made[0].ended && !made[0].freed);
	assert_true(feed_link_drain(l.link));
	feed_link_close(l.link);
	assert_true(made[0].closed);
	stop(&l);
}

/* Both hear of a change; and one that is not there yet begins with it. */
static void test_other_wants(void **state)
{
	const struct feed_want wants[] = {{STREAM_TRADE, "A"}, {STREAM_TRADE, "B"}};
	struct link l;

	(void)state;
	start(&l);
	assert_int_equal(feed_link_want(l.link, wants, 1, true), 0);
	assert_int_equal(made[0].wanted, 1);
	begin_rotation(&l);
	assert_int_equal(made[1].wanted, 1);
	assert_int_equal(feed_link_want(l.link, wants, 2, true), 0);
	assert_true(made[0].wanted == 2 && made[1].wanted == 2);
	made[0].ready = made[0].live = made[1].live = true;
	assert_false(feed_link_is_settled(l.link)); /* while there is a successor */
	assert_null(feed_link_session(l.link, STREAM_TRADE));
	no_memory = true;
	assert_int_equal(feed_link_want(l.link, wants, 2, false), 0); /* nothing to tell */
	assert_int_equal(feed_link_want(l.link, wants, 1, true), -1);
	no_memory = false;
	assert_int_equal(feed_link_want(l.link, NULL, 0, true), 0);
	assert_true(made[1].freed); /* nothing to succeed to */
	feed_link_serve(l.link);
	assert_int_equal(made_count, 2);
	assert_true(feed_link_is_empty(l.link));
	stop(&l);
}

static void test_no_memory(void **state)
{
	struct link l;

	(void)state;
	start(&l);
	made[0].worn = true;
	no_memory = true;
	feed_link_serve(l.link);
	no_memory = false;
	feed_link_serve(l.link); /* not again at once */
	assert_int_equal(made_count, 1);
	no_memory = true;
	assert_null(feed_link_new(&l.shared, NULL, 0));
	stop(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make_before_break),
		cmocka_unit_test(test_lost_meanwhile),
		cmocka_unit_test(test_recording_ends_meanwhile),
		cmocka_unit_test(test_stopped_meanwhile),
		cmocka_unit_test(test_other_wants),
		cmocka_unit_test(test_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
