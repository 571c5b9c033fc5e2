/* Files of the exchange's archive: what their names tell, their lines however they are packed, which rows are wrong. */
#include "clock.h"
#include "daemon/archive_name.h"
#include "daemon/archive_rows.h"
#include "test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>
#include <zlib.h>

static char folder[] = "/tmp/pricegraph-archive.XXXXXX";
static char path[200];
static char told[2000];

static const char *write_plain(const char *name, const char *text, size_t len)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return path;
}

static const char *write_gz(const char *name, const char *text)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	gzFile f = gzopen(path, "wb");
	assert_non_null(f);
	assert_true(gzwrite(f, text, (unsigned)strlen(text)) == (int)strlen(text));
	assert_int_equal(gzclose(f), Z_OK);
	return path;
}

static const char *write_zip(const char *name, int members, const char *text)
{
	int code;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
	assert_non_null(z);
	for (int i = 0; i < members; i++) {
		char member[20];
		snprintf(member, sizeof(member), "%d.csv", i);
		zip_source_t *s = zip_source_buffer(z, text, strlen(text), 0);
		assert_true(zip_file_add(z, member, s, 0) >= 0);
	}
	assert_int_equal(zip_close(z), 0);
	return path;
}

static void is_name(const char *file, const char *symbol, const char *kind)
{
	struct archive_name n;

	archive_name_read(file, &n);
	assert_string_equal(n.symbol, symbol);
	assert_string_equal(n.kind, kind);
}

static void test_names(void **state)
{
	enum stream_kind kind;
	struct err e = {""};

	(void)state;
	is_name("BTCUSDT-1s-2024-01-02.zip", "BTCUSDT", "1s");
	is_name("/a-b/BTCUSDT-trades-2024-01.csv", "BTCUSDT", "trades");
	is_name("1INCHDOWNUSDT-aggTrades-2024-01-02.csv.gz", "1INCHDOWNUSDT", "aggTrades");
	is_name("BTCUSDT-1mo-2024-01.zip", "BTCUSDT", "1mo");
	is_name("BTCUSDT-1s.csv", "BTCUSDT", "1s");
	is_name("BTCUSDT.csv", "", "");
	is_name("BTCUSDT-bookTicker-2024.zip", "", "");
	is_name("", "", "");
	assert_int_equal(archive_name_stream("1s", &kind, &e), 0);
	assert_int_equal(kind, STREAM_KLINE_1S);
	assert_int_equal(archive_name_stream("trades", &kind, &e), 0);
	assert_int_equal(kind, STREAM_TRADE);
	assert_int_equal(archive_name_stream("aggTrades", &kind, &e), 0);
	assert_int_equal(kind, STREAM_AGG_TRADE);
	assert_int_equal(archive_name_stream("1m", &kind, &e), -1);
	assert_non_null(strstr(e.text, "bars of 1m"));
	assert_int_equal(archive_name_stream("1mo", &kind, &e), -1);
	assert_int_equal(archive_name_stream("2s", &kind, &e), -1);
}

static void tell(const char *file, int64_t line, const char *reason)
{
	size_t len = strlen(told);

	(void)file;
	snprintf(told + len, sizeof(told) - len, "%lld: %s\n", (long long)line, reason);
}

/* Reads all rows; gives their ids as text, "!" at the end if the file can't be read on. */
static const char *ids(enum stream_kind kind, const char *file)
{
	static char out[1000];
	struct err e = {""};
	struct archive_rows a = {
		.path = file, .kind = kind, .before_us = 1800000000000000, .tell = tell};
	struct history_row row;
	int rc;

	*told = *out = '\0';
	a.file = archive_file_open(file, &e);
	if (!a.file)
		return "?";
	while ((rc = archive_rows_next(&a, &row, &e)) > 0)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%lld ", (long long)row.id);
	if (rc < 0)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "!");
	else
		assert_true(archive_file_share(a.file) == 1);
	archive_file_close(a.file);
	return out;
}

#define ROW(id) id ",1.5,2,3,1735689600123,True,True\n"
#define THREE ROW("1") ROW("2") ROW("3")

static void test_packings(void **state)
{
	(void)state;
	assert_string_equal(
		ids(STREAM_TRADE, write_plain("a.csv", THREE, strlen(THREE))), "1 2 3 ");
	assert_string_equal(ids(STREAM_TRADE, write_gz("a.csv.gz", THREE)), "1 2 3 ");
	assert_string_equal(ids(STREAM_TRADE, write_zip("a.zip", 1, THREE)), "1 2 3 ");
	assert_string_equal(told, "");
	assert_string_equal(ids(STREAM_TRADE, write_plain("b.csv", "", 0)), "");
}

static void test_lines(void **state)
{
	static const char text[] = "id,price,qty,quoteQty,time,isBuyerMaker,isBestMatch\r\n"
				   "1,1,1,1,1735689600123,true,true\r\n"
				   "\r\n"
				   "2,1,1,1,1735689600123456,False,True\n" /* µs */
				   "3,x,1,1,1735689600123,true,true\n"
				   "id,price\n" /* a header is one in the first line only */
				   "4,1,1,1,1900000000000,true,true\n"
				   "5,1,1,1,1735689600123,true"; /* no end of line, a column less */

	(void)state;
	assert_string_equal(ids(STREAM_TRADE, write_plain("c.csv", text, strlen(text))), "1 2 5 ");
	assert_string_equal(told, "5: price: 'x' is no decimal\n6: 2 columns, 6 are due\n"
				  "7: its time has not come, or is not over\n");
}

static void test_long_line(void **state)
{
	static char text[200000];

	(void)state;
	memset(text, '7', sizeof(text) - 1);
	memcpy(text + 150000, "\n" ROW("9"), strlen("\n" ROW("9")));
	text[150000 + strlen("\n" ROW("9"))] = '\0';
	assert_string_equal(ids(STREAM_TRADE, write_plain("d.csv", text, strlen(text))), "9 ");
	assert_string_equal(told, "1: longer than 4096 bytes\n");
}

static void test_damaged(void **state)
{
	static char text[3000];
	struct err e = {""};
	char whole[3000];

	(void)state;
	assert_null(archive_file_open("/nonexistent/x.csv", &e));
	assert_null(archive_file_open(folder, &e));
	assert_string_equal(e.text, "it is a folder");
	assert_null(archive_file_open(write_plain("e.zip", THREE, strlen(THREE)), &e));
	assert_null(archive_file_open(write_zip("f.zip", 2, THREE), &e));
	assert_string_equal(e.text, "the zip holds more than one file");
	/* cut off */
	for (int i = 0; i < 60; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"%d,1.%d,2,3,17356896%05d,True,True\n", i, i * 7919, i * 31);
	FILE *f = fopen(write_gz("g.csv.gz", text), "rb");
	size_t len = fread(whole, 1, sizeof(whole), f);
	fclose(f);
	const char *out = ids(STREAM_TRADE, write_plain("h.csv.gz", whole, len / 2));
	assert_true(strchr(out, '!') != NULL);
	/* a byte of the packed data is another */
	f = fopen(write_zip("i.zip", 1, text), "rb");
	len = fread(whole, 1, sizeof(whole), f);
	fclose(f);
	whole[200] ^= 0x55;
	out = ids(STREAM_TRADE, write_plain("j.zip", whole, len));
	assert_true(strchr(out, '!') != NULL);
}

static int set_up(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	static const char *const names[] = {"a.csv", "a.csv.gz", "a.zip", "b.csv", "c.csv", "d.csv",
		"e.zip", "f.zip", "g.csv.gz", "h.csv.gz", "i.zip", "j.zip"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_packings),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
