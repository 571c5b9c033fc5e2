/* Goal: a whole FastCGI request is understood as it lies there, anything else is left alone; and an answer's records fit around its pieces. */
#include "cgi/fcgi_gather.h"
#include "cgi/fcgi_peek.h"
#include "fcgi_client.h"
#include "test.h"

static unsigned char bytes[FCGI_PEEK_BYTES + 4096];
static struct fcgi_peek peek;

static void understands_a_request(void **state)
{
	size_t len = fcgi_client_request(bytes, "GET", "/x/y?a=b", true);

	(void)state;
	assert_int_equal(fcgi_peek_parse(&peek, bytes, len + 100), 0);
	assert_int_equal(peek.len, len);
	assert_int_equal(peek.request_id, 1);
	assert_true(peek.keep);
	assert_int_equal(peek.pairs, 3);
	assert_string_equal(fcgi_peek_get(&peek, "REQUEST_METHOD"), "GET");
	assert_string_equal(fcgi_peek_get(&peek, "REQUEST_URI"), "/x/y?a=b");
	assert_string_equal(fcgi_peek_get(&peek, "QUERY_STRING"), "a=b");
	assert_null(fcgi_peek_get(&peek, "HTTP_ACCEPT"));
	len = fcgi_client_request(bytes, "GET", "/", false);
	assert_int_equal(fcgi_peek_parse(&peek, bytes, len), 0);
	assert_false(peek.keep);
}

static void what_is_not_whole_is_none(void **state)
{
	size_t len = fcgi_client_request(bytes, "GET", "/x", true);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_int_equal(fcgi_peek_parse(&peek, bytes, n), -1);
	assert_int_equal(fcgi_peek_parse(&peek, bytes, len), 0);
}

static void breaks(size_t at, unsigned char value)
{
	size_t len = fcgi_client_request(bytes, "GET", "/x", true);

	bytes[at] = value;
	assert_int_equal(fcgi_peek_parse(&peek, bytes, len), -1);
}

static void what_is_unusual_is_left_alone(void **state)
{
	unsigned char begin[8] = {0, 1, 1, 0, 0, 0, 0, 0}, params[400];
	size_t len, at;

	(void)state;
	breaks(0, 2);         /* version */
	breaks(1, 9);         /* not a begin */
	breaks(9, 2);         /* authorizer */
	breaks(16 + 3, 2);    /* records of another request */
	breaks(16 + 1, 5);    /* STDIN instead of PARAMS */
	breaks(24, 0x7f);     /* a name longer than what there is */
	breaks(25, 0xff);     /* a value longer than what there is */
	breaks(24 + 5, '\0'); /* a zero in a name */
	len = fcgi_client_request(bytes, "GET", "/x", true);
	at = len - 8;
	at += fcgi_client_record(bytes + at, 5, "body", 4);
	at += fcgi_client_record(bytes + at, 5, NULL, 0);
	assert_int_equal(fcgi_peek_parse(&peek, bytes, at), -1); /* with a body */
	/* More variables than are looked at. */
	for (int pairs = FCGI_PEEK_PAIRS; pairs <= FCGI_PEEK_PAIRS + 1; pairs++) {
		size_t used = 0;

		for (int i = 0; i < pairs; i++)
			used += fcgi_client_pair(params + used, "N", "");
		at = fcgi_client_record(bytes, 1, begin, 8);
		at += fcgi_client_record(bytes + at, 4, params, used);
		at += fcgi_client_record(bytes + at, 4, NULL, 0);
		at += fcgi_client_record(bytes + at, 5, NULL, 0);
		assert_int_equal(
			fcgi_peek_parse(&peek, bytes, at), pairs == FCGI_PEEK_PAIRS ? 0 : -1);
	}
}

static void long_values_and_several_records(void **state)
{
	unsigned char begin[8] = {0, 1, 1, 0, 0, 0, 0, 0}, params[4096];
	char value[3001];
	size_t used, at;

	(void)state;
	memset(value, 'v', 3000);
	value[3000] = '\0';
	used = fcgi_client_pair(params, "LONG", value);
	used += fcgi_client_pair(params + used, "SHORT", "s");
	for (size_t cut = 0; cut <= used; cut += 7) {
		at = fcgi_client_record(bytes, 1, begin, 8);
		if (cut > 0)
			at += fcgi_client_record(bytes + at, 4, params, cut);
		if (cut < used)
			at += fcgi_client_record(bytes + at, 4, params + cut, used - cut);
		at += fcgi_client_record(bytes + at, 4, NULL, 0);
		at += fcgi_client_record(bytes + at, 5, NULL, 0);
		assert_int_equal(fcgi_peek_parse(&peek, bytes, at), 0);
		assert_string_equal(fcgi_peek_get(&peek, "LONG"), value);
		assert_string_equal(fcgi_peek_get(&peek, "SHORT"), "s");
	}
}

/* What the records of the gathered bytes hold; checks that they end as they should. */
static size_t content_of(const struct fcgi_gather *g, char *out)
{
	static unsigned char all[2 << 20];
	size_t len = 0, at = 0, content = 0;

	for (int i = 0; i < g->count; i++) {
		memcpy(all + len, g->v[i].iov_base, g->v[i].iov_len);
		len += g->v[i].iov_len;
	}
	assert_int_equal(len, g->len);
	for (;;) {
		size_t n = (size_t)all[at + 4] << 8 | all[at + 5];

		assert_int_equal(all[at], 1);
		assert_int_equal(all[at + 2] << 8 | all[at + 3], 0x1234);
		assert_int_equal(all[at + 6], 0);
		if (all[at + 1] == 3)
			break;
		assert_int_equal(all[at + 1], 6);
		memcpy(out + content, all + at + 8, n);
		content += n;
		at += 8 + n;
		if (n == 0)
			assert_int_equal(all[at + 1], 3);
	}
	assert_int_equal(at + 16, len);
	return content;
}

static void records_fit_around_pieces(void **state)
{
	static char body[1600000], out[2 << 20];
	static struct fcgi_gather g;
	const size_t sizes[] = {0, 1, 65527, 65528, 65529, 131056, 200000, 1500000};

	(void)state;
	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)(i * 31 + i / 251);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct iovec pieces[] = {{body, 300}, {body + 300, 0}, {body + 300, sizes[i]},
			{body + 300 + sizes[i], 7}};

		assert_int_equal(fcgi_gather(&g, 0x1234, pieces, 4), 0);
		assert_int_equal(content_of(&g, out), sizes[i] + 307);
		assert_memory_equal(out, body, sizes[i] + 307);
	}
	assert_int_equal(fcgi_gather(&g, 1, &(struct iovec){body, sizeof(body)}, 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(understands_a_request),
		cmocka_unit_test(what_is_not_whole_is_none),
		cmocka_unit_test(what_is_unusual_is_left_alone),
		cmocka_unit_test(long_values_and_several_records),
		cmocka_unit_test(records_fit_around_pieces),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
