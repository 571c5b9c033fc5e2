/* Files of the exchange's archive: what their names tell, their lines however they are packed, which rows are wrong. */
#include "clock.h"
#include "daemon/archive_checksum.h"
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
	struct given_kind kind;
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
	assert_int_equal(archive_name_kind("1s", &kind, &e), 0);
	assert_true(kind.stream == STREAM_KLINE_1S && kind.level == LADDER_1S);
	assert_int_equal(archive_name_kind("trades", &kind, &e), 0);
	assert_true(kind.stream == STREAM_TRADE && kind.level == LADDER_1S);
	assert_int_equal(archive_name_kind("aggTrades", &kind, &e), 0);
	assert_true(kind.stream == STREAM_AGG_TRADE && kind.level == LADDER_1S);
	assert_int_equal(archive_name_kind("1m", &kind, &e), 0);
	assert_true(kind.stream == STREAM_KLINE_1S && kind.level == LADDER_1M);
	assert_int_equal(archive_name_kind("1h", &kind, &e), 0);
	assert_int_equal(kind.level, LADDER_1H);
	assert_int_equal(archive_name_kind("1d", &kind, &e), 0);
	assert_int_equal(kind.level, LADDER_1D);
	assert_int_equal(archive_name_kind("3m", &kind, &e), -1);
	assert_string_equal(e.text,
		"bars of 3m are not stored, they are made of others: 1s, 1m, 1h and 1d are taken");
	assert_int_equal(kind.level, LADDER_1D);
	assert_int_equal(archive_name_kind("1mo", &kind, &e), -1);
	assert_int_equal(archive_name_kind("2s", &kind, &e), -1);
}

static void tell(const char *file, int64_t line, const char *reason)
{
	size_t len = strlen(told);

	(void)file;
	snprintf(told + len, sizeof(told) - len, "%lld: %s\n", (long long)line, reason);
}

/* Reads all rows; gives their ids (of bars the second of the day) as text, "!" at the end if the file can't be read on. */
static const char *read_as(struct given_kind kind, const char *file)
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
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%lld ",
			(long long)(row.id >= 0 ? row.id : row.time_us / SECOND_US % 86400));
	if (rc < 0)
		snprintf(out + strlen(out), sizeof(out) - strlen(out), "!");
	else
		assert_true(archive_file_share(a.file) == 1);
	archive_file_close(a.file);
	return out;
}

static const char *ids(enum stream_kind kind, const char *file)
{
	return read_as((struct given_kind){kind, LADDER_1S}, file);
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

#define BAR_OF(open, close) open ",2,3,1,2.5,10," close ",25,7,5,12.5,0\n"

static void test_bars_above_the_second(void **state)
{
	static const char text[] = "open_time,open,high,low,close,volume,close_time,quote_volume,"
				   "count,taker,taker_q\n" BAR_OF("1735689600000", "1735689659999")
					   BAR_OF("1735689660000000", "1735689719999999") /* µs */
		BAR_OF("1735689720000", "1735689740123") /* a halt cut it short */
		BAR_OF("1735689750000", "1735689809999") BAR_OF("1735689780000", "1735690079999")
			BAR_OF("1735689840000", "1735689840999")
				BAR_OF("1735689900000", "1735689899999")
					BAR_OF("1799999940000", "1799999999999")
						BAR_OF("1800000000000", "1800000059999");
	const struct given_kind minutes = {STREAM_KLINE_1S, LADDER_1M};

	(void)state;
	assert_string_equal(
		read_as(minutes, write_plain("k.csv", text, strlen(text))), "0 60 120 28740 ");
	assert_string_equal(told, "5: open time: no bar of 1m begins then\n"
				  "6: close time: the bar is one of 5m, not of 1m\n"
				  "7: close time: the bar is one of 1s, not of 1m\n"
				  "8: close time: not within a bar of 1m\n"
				  "10: its time has not come, or is not over\n");
}

static void test_checksums(void **state)
{
	char file[200], list[600];
	struct err e = {""};

	(void)state;
	snprintf(file, sizeof(file), "%s", write_plain("l.csv", "abc", 3));
	assert_int_equal(archive_checksum_verify(file, &e), 0); /* there is none */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	snprintf(list, sizeof(list), "%s", ABC "  l.csv\n");
	write_plain("l.csv.CHECKSUM", list, strlen(list));
	assert_int_equal(archive_checksum_verify(file, &e), 1);
	/* of several, in capitals, as binary */
	static const char several[] =
		"0000000000000000000000000000000000000000000000000000000000000000  other.csv\n"
		"BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD *l.csv";
	write_plain("l.csv.CHECKSUM", several, strlen(several));
	assert_int_equal(archive_checksum_verify(file, &e), 1);
	/* the file is another */
	write_plain("l.csv", "abd", 3);
	assert_int_equal(archive_checksum_verify(file, &e), -1);
	assert_string_equal(e.text, "it is not the file that its CHECKSUM tells of");
	static const char *const bad[] = {
		"", ABC "  other.csv\n", "ba7816  l.csv\n", "garbage\n", ABC "l.csv", ABC "  \n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_plain("l.csv.CHECKSUM", bad[i], strlen(bad[i]));
		assert_int_equal(archive_checksum_verify(file, &e), -1);
		assert_non_null(strstr(e.text, "its CHECKSUM"));
	}
	/* only the list */
	write_plain("m.csv.CHECKSUM", several, strlen(several));
	snprintf(file, sizeof(file), "%s/m.csv", folder);
	assert_int_equal(archive_checksum_verify(file, &e), -1);
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
		"e.zip", "f.zip", "g.csv.gz", "h.csv.gz", "i.zip", "j.zip", "k.csv", "l.csv",
		"l.csv.CHECKSUM", "m.csv.CHECKSUM"};

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
		cmocka_unit_test(test_bars_above_the_second),
		cmocka_unit_test(test_checksums),
		cmocka_unit_test(test_long_line),
		cmocka_unit_test(test_damaged),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
