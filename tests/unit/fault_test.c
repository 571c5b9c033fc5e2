/* The table of faults, their reading, when they begin, strike and end, and the frames that they make. */
#include "daemon/fault_plan.h"
#include "daemon/fault_wire.h"
#include "model.h"

static int read_one(struct fault_list *l, const char *text, struct err *e)
{
	uint64_t seed = 1;

	return fault_read(l, text, strlen(text), &seed, e);
}

static void the_table_is_whole(void **state)
{
	struct buf printed;

	(void)state;
	buf_init(&printed, 1 << 20);
	for (int kind = 0; kind < FAULT_KINDS; kind++) {
		const struct fault_row *row = &fault_table[kind];
		struct fault_list l = {0};
		struct fault f;
		struct err e;

		assert_int_equal(fault_kind_find(row->name), kind);
		fault_init(&f, (enum fault_kind)kind);
		for (int i = 0; i < FAULT_NUMBERS && row->numbers[i].name; i++) {
			const struct fault_number *n = &row->numbers[i];

			assert_true(n->min <= n->value && n->value <= n->max);
			assert_true(n->min <= n->low && n->low <= n->high && n->high <= n->max);
		}
		/* What is printed can be read again and is the same. */
		buf_reset(&printed);
		fault_print(&f, &printed);
		assert_int_equal(read_one(&l, printed.data, &e), 0);
		assert_int_equal(l.count, 1);
		assert_memory_equal(l.items[0].numbers, f.numbers, sizeof(f.numbers));
		assert_string_equal(l.items[0].text, f.text);
		assert_int_equal(l.items[0].count, row->count);
		free(l.items);
	}
	assert_int_equal(fault_kind_find("nosuch"), FAULT_KINDS);
	buf_done(&printed);
}

static void bad_texts_leave_the_list(void **state)
{
	static const char *const bad[] = {"", "{", "5", "{}", "[5]", "{\"fault\":5}",
		"{\"fault\":\"mute\",\"share\":2}", "{\"fault\":\"mute\",\"count\":-1}",
		"{\"fault\":\"mute\",\"connection\":-2}", "{\"fault\":\"mute\"} x",
		"[{\"fault\":\"mute\"},{\"fault\":\"mute\",\"at\":\"x\"}]",
		"{\"random\":1,\"colour\":2}", "{\"random\":1,\"kinds\":5}", "{\"random\":1e9}",
		"{\"fault\":\"mute\",\"stream\":\"a\\u0000b\"}",
		"{\"fault\":\"mute\",\"stream\":\"\xff\"}",
		"{\"fault\":\"mute\",\"stream\":\"\xc0\x8b\"}"};
	struct fault_list l = {0};
	struct err e;

	(void)state;
	assert_int_equal(read_one(&l, "{\"fault\":\"mute\",\"stream\":\"a@*\"}", &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		e.text[0] = '\0';
		assert_int_equal(read_one(&l, bad[i], &e), -1);
		assert_true(e.text[0] != '\0');
		assert_int_equal(l.count, 1);
	}
	assert_true(fault_where(&l.items[0], (struct slice){"a@trade", 7}));
	assert_false(fault_where(&l.items[0], (struct slice){"b@trade", 7}));
	assert_false(fault_where(&l.items[0], (struct slice){NULL, 0}));
	free(l.items);
}

static void chance_is_a_function_of_the_seed(void **state)
{
	static const char text[] = "{\"random\":200,\"from\":5,\"to\":9,\"for\":3}";
	struct fault_list a = {0}, b = {0}, c = {0};
	uint64_t one = 1, same = 1, two = 2;
	struct err e;

	(void)state;
	assert_int_equal(fault_read(&a, text, strlen(text), &one, &e), 0);
	assert_int_equal(fault_read(&b, text, strlen(text), &same, &e), 0);
	assert_int_equal(fault_read(&c, text, strlen(text), &two, &e), 0);
	assert_int_equal(a.count, 200);
	assert_memory_equal(a.items, b.items, a.count * sizeof(*a.items));
	assert_memory_not_equal(a.items, c.items, a.count * sizeof(*a.items));
	for (size_t i = 0; i < a.count; i++) {
		const struct fault_row *row = &fault_table[a.items[i].kind];

		assert_true(a.items[i].at >= 5 && a.items[i].at <= 9);
		assert_true(a.items[i].length > 0 && a.items[i].length <= 3);
		assert_true(row->seam != FAULT_MARKET); /* only where it is named */
		for (int k = 0; k < FAULT_NUMBERS && row->numbers[k].name; k++)
			assert_true(a.items[i].numbers[k] >= row->numbers[k].min &&
				    a.items[i].numbers[k] <= row->numbers[k].max);
	}
	free(a.items);
	free(b.items);
	free(c.items);
}

static void scripts_name_the_line(void **state)
{
	static const char text[] = "# first\n\n{\"fault\":\"reset\"}\n{\"fault\":\"rest\"}\n";
	char path[] = "/tmp/fault_test.XXXXXX";
	struct fault_list l = {0};
	uint64_t seed = 1;
	struct err e;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	file_put(path, text, strlen(text));
	assert_int_equal(fault_read_file(&l, path, &seed, &e), -1);
	assert_non_null(strstr(e.text, ":4: there is no fault 'rest'"));
	assert_int_equal(l.count, 0);
	file_put(path, text, 27);
	assert_int_equal(fault_read_file(&l, path, &seed, &e), 0);
	assert_int_equal(l.count, 1);
	unlink(path);
	assert_int_equal(fault_read_file(&l, path, &seed, &e), -1);
	assert_non_null(strstr(e.text, "cannot open"));
	free(l.items);
}

struct turns {
	struct buf text;
};

static void turned(void *ctx, struct fault *f)
{
	struct turns *t = ctx;

	buf_printf(&t->text, "%lld %s;", (long long)f->id, fault_state_name(f->state));
}

static void they_begin_strike_and_end(void **state)
{
	static const char text[] =
		"[{\"fault\":\"mute\",\"at\":2,\"for\":3,\"stream\":\"a\"},"
		"{\"fault\":\"duplicate\",\"after\":2,\"count\":2,\"connection\":-1},"
		"{\"fault\":\"reset\"},{\"fault\":\"ack_lost\",\"share\":0}]";
	struct slice a = {"a", 1}, b = {"b", 1};
	struct turns t;
	struct fault_plan *p = fault_plan_new(1, (struct fault_plan_owner){&t, turned});
	struct fault *f;
	int64_t ids[2];
	struct err e;

	(void)state;
	buf_init(&t.text, 10000);
	assert_true(fault_plan_idle(p));
	assert_int_equal(fault_plan_add(p, "{", 1, ids, &e), -1);
	fault_plan_tick(p, 100 * SECOND_US);
	assert_int_equal(fault_plan_add(p, text, strlen(text), ids, &e), 0);
	assert_int_equal(ids[0], 1);
	assert_int_equal(ids[1], 4);
	assert_string_equal(t.text.data, "3 active;3 done;4 active;"); /* the others wait */
	fault_plan_tick(p, 110 * SECOND_US);
	fault_plan_start(p, 110 * SECOND_US); /* `at` counts from here */
	fault_plan_tick(p, 112 * SECOND_US - 1);
	assert_null(fault_plan_strike(p, FAULT_FRAME, 1, a));
	fault_plan_tick(p, 112 * SECOND_US);
	assert_null(fault_plan_strike(p, FAULT_FRAME, 1, b));
	f = fault_plan_strike(p, FAULT_FRAME, 1, a);
	assert_non_null(f);
	assert_int_equal(f->kind, FAULT_MUTE);
	assert_ptr_equal(fault_plan_active(p, FAULT_MUTE, 7), f);
	fault_plan_tick(p, 115 * SECOND_US);
	assert_int_equal(f->state, FAULT_DONE);
	fault_plan_newest(p, 2);
	fault_plan_frame(p);
	fault_plan_tick(p, 115 * SECOND_US);
	assert_null(fault_plan_strike(p, FAULT_FRAME, 2, a));
	fault_plan_frame(p);
	fault_plan_tick(p, 115 * SECOND_US);
	assert_null(fault_plan_strike(p, FAULT_FRAME, 1, a)); /* not the newest */
	assert_non_null(fault_plan_strike(p, FAULT_FRAME, 2, a));
	f = fault_plan_strike(p, FAULT_FRAME, 2, b);
	assert_int_equal(f->hits, 2);
	assert_int_equal(f->state, FAULT_DONE);
	assert_null(fault_plan_strike(p, FAULT_ANSWER, 1, a)); /* share 0: by no chance */
	assert_int_equal(fault_plan_end(p, 4), 1);
	assert_int_equal(fault_plan_end(p, 0), 0);
	assert_true(fault_plan_idle(p));
	buf_reset(&t.text);
	fault_plan_print(p, &t.text);
	assert_non_null(strstr(t.text.data, "\"state\":\"done\",\"hits\":2}"));
	buf_done(&t.text);
	fault_plan_free(p);
	fault_plan_free(NULL);
}

static struct message *text_message(const char *text)
{
	struct slice s = {text, strlen(text)};

	return message_new(MESSAGE_TEXT, &s, 1);
}

static void assert_wire(struct message *m, const char *bytes, size_t len)
{
	assert_non_null(m);
	assert_int_equal(m->kind, MESSAGE_WIRE);
	assert_int_equal(m->len, len);
	assert_memory_equal(m->text, bytes, len);
	message_release(m);
}

static void frames_in_other_forms(void **state)
{
	struct message *m = text_message("{\"E\":1}"), *out;
	struct fault f;

	(void)state;
	fault_init(&f, FAULT_FRAGMENTS);
	f.numbers[0] = 2;
	assert_wire(fault_wire_form(&f, m), "\x01\x03{\"E\x80\x04\":1}", 11);
	f.numbers[1] = 1;
	assert_wire(fault_wire_form(&f, m), "\x01\x03{\"E\x89\x00\x80\x04\":1}", 13);
	f.numbers[0] = 1000; /* no more pieces than bytes */
	f.numbers[1] = 0;
	out = fault_wire_form(&f, m);
	assert_int_equal(out->len, 21);
	message_release(out);
	fault_init(&f, FAULT_BINARY);
	assert_wire(fault_wire_form(&f, m), "\x82\x07{\"E\":1}", 9);
	fault_init(&f, FAULT_UTF8);
	assert_wire(fault_wire_form(&f, m), "\x81\x07{\"E\xff:1}", 9);
	fault_init(&f, FAULT_MALFORMED);
	assert_wire(fault_wire_form(&f, m), "\x81\x05{\"E\":", 7);
	fault_init(&f, FAULT_CHUNKS);
	out = fault_wire_form(&f, m);
	assert_int_equal(out->chunk, 1);
	assert_wire(out, "\x81\x07{\"E\":1}", 9);
	assert_wire(fault_wire_close(1008, "x"), "\x88\x03\x03\xf0x", 5);
	assert_wire(fault_wire_close(0, ""), "\x88\x00", 2);
	out = fault_wire_oversized(70000);
	assert_int_equal(out->len, 70010);
	assert_memory_equal(out->text, "\x81\x7f\0\0\0\0\0\x01\x11\x70{\"e\":", 15);
	assert_memory_equal(out->text + out->len - 3, "x\"}", 3);
	message_release(out);
	message_release(m);
}

static void members_that_nobody_knows(void **state)
{
	static const char *const cases[][2] = {
		{"{\"E\":1}", "{\"zz\":{\"a\":[1,null]},\"E\":1,\"nq\":\"0.1\",\"st\":[true]}"},
		{"{\"stream\":\"x\",\"data\":{\"E\":1}}", "{\"stream\":\"x\",\"data\":{\"zz\":{"
							  "\"a\":[1,null]},\"E\":1,\"nq\":\"0.1\","
							  "\"st\":[true]}}"},
		{"[1]", "[1]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message *m = text_message(cases[i][0]), *out = fault_wire_member(m);

		assert_int_equal(out->len, strlen(cases[i][1]));
		assert_memory_equal(out->text, cases[i][1], out->len);
		message_release(out);
		message_release(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(bad_texts_leave_the_list),
		cmocka_unit_test(chance_is_a_function_of_the_seed),
		cmocka_unit_test(scripts_name_the_line),
		cmocka_unit_test(they_begin_strike_and_end),
		cmocka_unit_test(frames_in_other_forms),
		cmocka_unit_test(members_that_nobody_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
