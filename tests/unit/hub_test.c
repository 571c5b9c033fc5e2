/* Who gets what in which form, and what a queue holds. */
#include "daemon/event_micro.h"
#include "daemon/hub.h"
#include "daemon/truth.h"
#include "model.h"

static int woken;

static void wake(struct hub_client *c)
{
	(void)c;
	woken++;
}

static struct slice text(const char *s)
{
	return (struct slice){s, strlen(s)};
}

/* Takes the oldest message, which must be this one. */
static void expect(struct hub_client *c, const char *expected)
{
	struct message *m = hub_take(c);

	assert_non_null(m);
	assert_int_equal(m->len, strlen(expected));
	assert_memory_equal(m->text, expected, m->len);
	message_release(m);
}

static struct market_event event_of(const char *name, const char *object)
{
	return (struct market_event){.name = text(name), .object = text(object)};
}

static void only_subscribers_get_it(void **state)
{
	struct hub *h = hub_new(1000, false, wake);
	struct hub_client a = {.combined = true}, b = {.combined = false};
	struct market_event ev = event_of("x@trade", "{\"E\":5}");

	(void)state;
	hub_join(h, &a);
	hub_join(h, &b);
	assert_int_equal(hub_clients(h), 2);
	assert_false(hub_publish(h, &ev));
	assert_int_equal(hub_subscribe(h, &a, text("x@trade")), 0);
	assert_int_equal(hub_subscribe(h, &a, text("x@trade")), 0);
	assert_int_equal(a.stream_count, 1);
	woken = 0;
	assert_true(hub_publish(h, &ev));
	assert_int_equal(woken, 1);
	assert_int_equal(b.count, 0);
	expect(&a, "{\"stream\":\"x@trade\",\"data\":{\"E\":5}}");
	assert_null(hub_take(&a));
	assert_int_equal(hub_subscribe(h, &b, text("x@trade")), 0);
	hub_unsubscribe(h, &a, text("x@trade"));
	hub_unsubscribe(h, &a, text("never@trade"));
	assert_true(hub_publish(h, &ev));
	assert_int_equal(a.count, 0);
	expect(&b, "{\"E\":5}");
	hub_leave(h, &a);
	assert_true(hub_publish(h, &ev));
	hub_leave(h, &b); /* with its queue */
	assert_false(hub_publish(h, &ev));
	hub_free(h);
}

static void notices_and_unsolicited_frames_go_to_all(void **state)
{
	struct hub *h = hub_new(1000, true, wake);
	struct hub_client a = {.combined = true}, b = {.combined = false};
	struct market_event notice = event_of("!n", "{}"), frame = event_of("y@depth", "{\"u\":1}");
	struct market_event broken = {.frame = text("broken{")};

	(void)state;
	hub_join(h, &a);
	hub_join(h, &b);
	notice.everyone = true;
	frame.frame = text("{\"stream\":\"y@depth\", \"data\":{\"u\":1}}");
	frame.wrapped = true;
	assert_true(hub_publish(h, &notice));
	assert_true(hub_publish(h, &frame));
	assert_true(hub_publish(h, &broken));
	expect(&a, "{\"stream\":\"!n\",\"data\":{}}");
	expect(&a, "{\"stream\":\"y@depth\", \"data\":{\"u\":1}}"); /* its own bytes */
	expect(&a, "broken{");
	expect(&b, "{}");
	expect(&b, "{\"u\":1}");
	expect(&b, "broken{");
	hub_leave(h, &a);
	hub_leave(h, &b);
	hub_free(h);
}

static void a_full_queue_is_overrun(void **state)
{
	struct hub *h = hub_new(25, false, wake);
	struct hub_client a = {.combined = false};
	struct market_event ev = event_of("x@trade", "0123456789");

	(void)state;
	hub_join(h, &a);
	assert_int_equal(hub_subscribe(h, &a, text("x@trade")), 0);
	woken = 0;
	hub_publish(h, &ev);
	hub_publish(h, &ev);
	assert_false(a.overrun);
	assert_int_equal(hub_deepest_bytes(h), 20);
	hub_publish(h, &ev);
	assert_true(a.overrun);
	assert_int_equal(woken, 2);
	assert_int_equal(a.count, 2);
	hub_publish(h, &ev);
	assert_int_equal(woken, 2);
	hub_leave(h, &a);
	hub_free(h);
}

static void many_messages_stay_in_order(void **state)
{
	struct hub *h = hub_new(1 << 20, false, wake);
	struct hub_client a = {.combined = false};
	char number[16];

	(void)state;
	hub_join(h, &a);
	for (int i = 0, taken = 0; i < 5000; i++) {
		struct message *m;

		snprintf(number, sizeof(number), "%d", i);
		m = message_new(MESSAGE_TEXT, &(struct slice){number, strlen(number)}, 1);
		hub_send(h, &a, m);
		message_release(m);
		if (i % 3 == 0) {
			snprintf(number, sizeof(number), "%d", taken++);
			expect(&a, number);
		}
	}
	hub_leave(h, &a);
	hub_free(h);
}

static void at_most_1024_streams(void **state)
{
	struct hub *h = hub_new(1000, false, wake);
	struct hub_client a = {.combined = false};
	char name[32];

	(void)state;
	hub_join(h, &a);
	for (int i = 0; i < HUB_STREAMS_MAX; i++) {
		snprintf(name, sizeof(name), "s%d@trade", i);
		assert_int_equal(hub_subscribe(h, &a, text(name)), 0);
	}
	assert_int_equal(hub_subscribe(h, &a, text("more@trade")), -1);
	assert_int_equal(hub_subscribe(h, &a, text("s7@trade")), 0);
	hub_unsubscribe(h, &a, text("s0@trade"));
	assert_string_equal(hub_stream_name(a.streams[0]), "s1@trade");
	assert_int_equal(hub_subscribe(h, &a, text("more@trade")), 0);
	hub_leave(h, &a);
	hub_free(h);
}

static void microseconds(void **state)
{
	static const char *const cases[][2] = {
		{"{\"e\":\"trade\",\"E\":5,\"t\":7,\"T\":6,\"m\":true}",
			"{\"e\":\"trade\",\"E\":5000,\"t\":7,\"T\":6000,\"m\":true}"},
		{"{\"E\":5,\"k\":{\"t\":1,\"T\":2,\"L\":3},\"x\":1}",
			"{\"E\":5000,\"k\":{\"t\":1000,\"T\":2000,\"L\":3},\"x\":1}"},
		{"{}", "{}"},
		{"[5]", "[5]"},
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buf_reset(&out);
		event_micro_add(&out, text(cases[i][0]));
		assert_int_equal(out.len, strlen(cases[i][1]));
		assert_memory_equal(out.data, cases[i][1], out.len);
	}
	buf_done(&out);
}

static void the_truth_file(void **state)
{
	struct market_event ev = event_of("x@trade", "{\"E\":5}"),
			    nameless = {.frame = text("broken{"), .at_us = 8};
	char path[] = "/tmp/truth_test.XXXXXX", got[256] = "";
	int fd = mkstemp(path);
	struct truth *t;
	struct err e;

	(void)state;
	assert_true(fd >= 0);
	t = truth_open(path, &e);
	assert_non_null(t);
	ev.at_us = 7;
	truth_write(t, &ev, true);
	truth_write(t, &nameless, false);
	truth_flush(t);
	assert_true(read(fd, got, sizeof(got) - 1) > 0);
	assert_string_equal(got, "sent 7 x@trade {\"E\":5}\nunsent 8 - broken{\n");
	assert_int_equal(truth_close(t, &e), 0);
	assert_int_equal(truth_close(NULL, &e), 0);
	close(fd);
	unlink(path);
	assert_null(truth_open("/nosuch/truth", &e));
	assert_non_null(strstr(e.text, "/nosuch/truth"));
	t = truth_open("/dev/full", &e);
	truth_write(t, &ev, true);
	assert_int_equal(truth_close(t, &e), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_subscribers_get_it),
		cmocka_unit_test(notices_and_unsolicited_frames_go_to_all),
		cmocka_unit_test(a_full_queue_is_overrun),
		cmocka_unit_test(many_messages_stay_in_order),
		cmocka_unit_test(at_most_1024_streams),
		cmocka_unit_test(microseconds),
		cmocka_unit_test(the_truth_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
