/* Files, folders, catalogue and the items made of them. */
#include "daemon/recording.h"
#include "daemon/recording_catalog.h"
#include "daemon/recording_file.h"
#include "daemon/recording_to_market.h"
#include "model.h"
#include <ftw.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

static char folder[] = "/tmp/recording_test.XXXXXX";

static const char *path_of(const char *name)
{
	static char paths[4][128];
	static unsigned turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
	return path;
}

static void text_put(const char *name, const char *text)
{
	file_put(path_of(name), text, strlen(text));
}

static int folder_make(void **state)
{
	(void)state;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	return mkdtemp(folder) ? 0 : -1;
}

static int entry_remove(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st;
	(void)kind;
	(void)walk;
	return remove(path);
}

static int folder_drop(void **state)
{
	(void)state;
	return nftw(folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

/* Reads all lines of a file; returns how many, -1 on error. */
static int lines_count(const char *path, size_t *bytes, struct err *e)
{
	struct recording_file *f = recording_file_open(path, e);
	int rc, n = 0;
	char *line;
	size_t len;

	assert_non_null(f);
	*bytes = 0;
	while ((rc = recording_file_line(f, &line, &len, e)) > 0) {
		*bytes += len;
		n++;
	}
	recording_file_free(f);
	return rc < 0 ? -1 : n;
}

#define LINES 50000

static char *lines_make(size_t *len)
{
	char *text = malloc(LINES * 32);

	*len = 0;
	for (int i = 0; i < LINES; i++)
		*len += (size_t)snprintf(
			text + *len, 32, "%lld {\"n\":%d}\n", 1700000000000LL + i, i);
	return text;
}

static void plain_gzip_and_zstd_are_told_by_their_bytes(void **state)
{
	size_t len, packed, bytes, plain_bytes;
	char *text = lines_make(&len), *out = malloc(len);
	struct err e;
	gzFile gz;

	(void)state;
	file_put(path_of("a.gz"), text, len); /* plain, in spite of its name */
	assert_int_equal(lines_count(path_of("a.gz"), &plain_bytes, &e), LINES);
	assert_int_equal(plain_bytes, len - LINES);
	gz = gzopen(path_of("b"), "wb");
	assert_int_equal(gzwrite(gz, text, (unsigned)len), (int)len);
	gzclose(gz);
	assert_int_equal(lines_count(path_of("b"), &bytes, &e), LINES);
	assert_int_equal(bytes, plain_bytes);
	packed = ZSTD_compress(out, len, text, len, 1);
	file_put(path_of("c"), out, packed);
	assert_int_equal(lines_count(path_of("c"), &bytes, &e), LINES);
	assert_int_equal(bytes, plain_bytes);
	free(text);
	free(out);
}

static void a_cut_file_is_an_error(void **state)
{
	size_t len, bytes;
	char *text = lines_make(&len), *out = malloc(len);
	struct err e;
	size_t packed = ZSTD_compress(out, len, text, len, 1);
	gzFile gz;
	struct stat st;

	(void)state;
	file_put(path_of("cut.zst"), out, packed / 2);
	assert_int_equal(lines_count(path_of("cut.zst"), &bytes, &e), -1);
	assert_non_null(strstr(e.text, "cut.zst"));
	assert_non_null(strstr(e.text, "cut off"));
	gz = gzopen(path_of("cut.gz"), "wb");
	gzwrite(gz, text, (unsigned)len);
	gzclose(gz);
	assert_int_equal(stat(path_of("cut.gz"), &st), 0);
	assert_int_equal(truncate(path_of("cut.gz"), st.st_size / 2), 0);
	assert_int_equal(lines_count(path_of("cut.gz"), &bytes, &e), -1);
	out[packed / 2] ^= 0x55;
	file_put(path_of("bad.zst"), out, packed);
	assert_int_equal(lines_count(path_of("bad.zst"), &bytes, &e), -1);
	free(text);
	free(out);
}

static void lines_without_end_and_with_cr(void **state)
{
	size_t bytes;
	struct err e;

	(void)state;
	text_put("x", "one\r\n\ntwo");
	assert_int_equal(lines_count(path_of("x"), &bytes, &e), 3);
	assert_int_equal(bytes, 6);
	text_put("x", "");
	assert_int_equal(lines_count(path_of("x"), &bytes, &e), 0);
	assert_null(recording_file_open(path_of("nosuch"), &e));
	assert_non_null(strstr(e.text, "No such file"));
}

static void a_folder_is_merged_by_receive_time(void **state)
{
	static const int64_t times[] = {1, 2, 3, 4, 4, 7};
	static const size_t files[] = {0, 1, 0, 1, 1, 0};
	struct recording *r;
	struct recording_line *line;
	size_t file, n = 0;
	struct err e;

	(void)state;
	text_put("a", "1700000000001 {}\n1700000000003 {}\nrubbish\n\n1700000000007 {}\n");
	/* A header, and a clock that was set back. */
	text_put("b", "wss://x\n1700000000.002: {}\n1700000000.004: {}\n1700000000.000: {}\n");
	text_put("c", "{}\n{}\n1700000000001 {}\n");
	text_put(".hidden", "1700000000001 {}\n");
	assert_int_equal(mkdir(path_of("d"), 0700), 0);
	r = recording_open(folder, &e);
	assert_non_null(r);
	assert_int_equal(recording_files(r), 2);
	assert_string_equal(recording_skipped(r, 0), path_of("c"));
	assert_null(recording_skipped(r, 1));
	while (recording_next(r, &line, &file, &e) > 0) {
		assert_int_equal(line->received_us, 1700000000000000 + times[n] * MS_US);
		assert_int_equal(file, files[n]);
		n++;
	}
	assert_int_equal(n, 6);
	assert_int_equal(recording_bad_lines(r), 1);
	recording_free(r);
	text_put("b", "nothing\nhere\n");
	assert_null(recording_open(path_of("b"), &e));
	assert_non_null(strstr(e.text, "no line begins with a receive time"));
	assert_null(recording_open(path_of("nosuch"), &e));
}

#define TRADE(ms, id, price)                                                                       \
	"{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"E\":170000000" ms               \
	",\"s\":\"BTCUSDT\",\"t\":" id ",\"p\":\"" price                                           \
	"\",\"q\":\"0.50000000\",\"T\":170000000" ms ",\"m\":true,\"M\":true}}\n"
#define BOOK "{\"stream\":\"btcusdt@bookTicker\",\"data\":{\"u\":1,\"s\":\"BTCUSDT\"}}\n"
#define TICKER "{\"e\":\"24hrMiniTicker\",\"E\":1700000000100,\"s\":\"ETHUSDT\"}"

static void the_catalogue(void **state)
{
	struct recording_catalog c;
	struct buf text;
	struct err e;

	(void)state;
	text_put("a", "1700000000001 " BOOK "1700000000002 " TRADE("0500", "1", "7"));
	text_put("b", "1700000000003 " TICKER "\n");
	assert_int_equal(recording_catalog_read(&c, folder, &e), 0);
	assert_int_equal(c.lines, 3);
	assert_true(c.any_derived);
	assert_true(c.any_frames);
	assert_int_equal(
		c.first_us, 1700000000003000); /* a's first line has no E, its second a later one */
	buf_init(&text, 4096);
	recording_catalog_print(&c, "/x/Some (Name)_2.gz", &text);
	assert_string_equal(text.data,
		"venue=replay-some-name-2-gz\nmode=mixed\nsymbols=BTCUSDT,ETHUSDT\n"
		"streams=trade,miniTicker,kline_1s\nother=\nlines=3\nstart=1700000000003\n");
	buf_done(&text);
	recording_catalog_done(&c);
	assert_int_equal(recording_catalog_read(&c, path_of("nosuch"), &e), -1);
}

static struct market_item item_next(struct market_source s)
{
	struct market_item item;
	struct err e;

	assert_int_equal(s.next(s.ctx, &item, &e), 1);
	return item;
}

static void trades_become_items(void **state)
{
	struct recording_catalog c;
	struct recording_to_market *r;
	struct market_source s;
	struct market_item item;
	struct err e;

	(void)state;
	text_put("a", "1700000000001 " TRADE("0500", "1", "7") "1700000000002 " TRADE(
			      "0500", "1", "7")                                   /* a repeat */
		"1700000000003 " BOOK "1700000000004 " TRADE("0400", "2", "8.25") /* E steps back */
		"1700000000005 " TRADE("0600", "3", "0.000000001")                /* nine places */
		"1700000100000 " TRADE("9700", "4", "9"));                        /* a pause */
	assert_int_equal(recording_catalog_read(&c, path_of("a"), &e), 0);
	r = recording_to_market_new(path_of("a"), &c, &e);
	assert_non_null(r);
	s = recording_to_market_source(r);
	item = item_next(s);
	assert_int_equal(item.kind, MARKET_TRADE);
	assert_int_equal(item.at_us, 1700000000500000);
	assert_int_equal(item.trade.price, 7 * UNIT);
	assert_true(item.trade.quantity == UNIT / 2);
	assert_true(item.trade.maker);
	assert_memory_equal(item.text, "{\"e\":\"trade\",\"E\"", 16);
	free(item.text);
	item = item_next(s);
	assert_int_equal(item.trade.id, 2);
	assert_int_equal(item.at_us, 1700000000500000);
	assert_int_equal(item.trade.trade_us, 1700000000400000);
	assert_int_equal(item.trade.price, 825000000);
	free(item.text);
	item = item_next(s); /* the unreadable one still says how late it is */
	assert_int_equal(item.kind, MARKET_TIME);
	assert_int_equal(item.at_us, 1700000000600000);
	item = item_next(s);
	assert_int_equal(item.kind, MARKET_JUMP);
	assert_int_equal(item.at_us, 1700000000600000);
	assert_int_equal(item.to_us, 1700000009000000);
	item = item_next(s);
	assert_int_equal(item.trade.id, 4);
	free(item.text);
	item = item_next(s);
	assert_int_equal(item.kind, MARKET_END);
	assert_int_equal(item.at_us, 1700000010000000); /* its last second passes too */
	assert_int_equal(s.next(s.ctx, &item, &e), 0);
	assert_int_equal(recording_to_market_repeats(r), 1);
	assert_int_equal(recording_to_market_bad(r), 1);
	recording_to_market_free(r);
	recording_catalog_done(&c);
}

static void frames_become_items(void **state)
{
	struct recording_catalog c;
	struct recording_to_market *r;
	struct market_source s;
	struct market_item item;
	struct err e;

	(void)state;
	text_put("a", "1700000000001 " BOOK "1700000000002 " TICKER
		      "\n1700000000002 broken{\n1700000060003 {}\n");
	assert_int_equal(recording_catalog_read(&c, path_of("a"), &e), 0);
	r = recording_to_market_new(path_of("a"), &c, &e);
	s = recording_to_market_source(r);
	item = item_next(s);
	assert_int_equal(item.kind, MARKET_FRAME);
	assert_int_equal(item.at_us, 1700000000001000);
	assert_true(item.wrapped);
	assert_int_equal(item.text_len, strlen(BOOK) - 1);
	assert_memory_equal(item.text + item.name_at, "btcusdt@bookTicker", item.name_len);
	assert_memory_equal(item.text + item.data_at, "{\"u\":1,\"s\":\"BTCUSDT\"}", item.data_len);
	free(item.text);
	item = item_next(s);
	assert_false(item.wrapped);
	assert_int_equal(item.text_len, strlen(TICKER));
	assert_memory_equal(item.text + item.name_at, "ethusdt@miniTicker", item.name_len);
	free(item.text);
	item = item_next(s);
	assert_int_equal(item.name_len + item.data_len, 0);
	assert_memory_equal(item.text, "broken{", item.text_len);
	free(item.text);
	item = item_next(s);
	assert_int_equal(item.kind, MARKET_JUMP);
	item = item_next(s);
	assert_int_equal(item.at_us, 1700000060003000);
	free(item.text);
	recording_to_market_free(r);
	recording_catalog_done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			plain_gzip_and_zstd_are_told_by_their_bytes, folder_make, folder_drop),
		cmocka_unit_test_setup_teardown(a_cut_file_is_an_error, folder_make, folder_drop),
		cmocka_unit_test_setup_teardown(
			lines_without_end_and_with_cr, folder_make, folder_drop),
		cmocka_unit_test_setup_teardown(
			a_folder_is_merged_by_receive_time, folder_make, folder_drop),
		cmocka_unit_test_setup_teardown(the_catalogue, folder_make, folder_drop),
		cmocka_unit_test_setup_teardown(trades_become_items, folder_make, folder_drop),
		cmocka_unit_test_setup_teardown(frames_become_items, folder_make, folder_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
