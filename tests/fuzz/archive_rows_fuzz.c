/* Whatever a file of the archive holds, plain or packed: it is read to its end or to where it is damaged, each wrong line is told, and
 * what is read makes an event that the sink takes. The first byte tells how it is packed, the second what is in it. */
#include "daemon/archive_file.h"
#include "daemon/archive_rows.h"
#include "history_check.h"
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define BEFORE_US 4102444800000000 /* 2100 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char folder[] = "/tmp/archive_rows_fuzz.XXXXXX";
static char paths[3][64]; /* by the way of packing */
static int64_t told;

static void clean_up(void)
{
	for (int i = 0; i < 3; i++)
		unlink(paths[i]);
	rmdir(folder);
}

static void begin(void)
{
	static const char *const tails[] = {"csv", "csv.gz", "zip"};

	if (!mkdtemp(folder))
		abort();
	for (int i = 0; i < 3; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/file.%s", folder, tails[i]);
	atexit(clean_up);
}

static void tell(const char *path, int64_t line, const char *reason)
{
	if (!path || line < 1 || !reason[0])
		abort();
	told++;
}

static void put(const char *path, const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct given_kind kinds[] = {{STREAM_KLINE_1S, LADDER_1S},
		{STREAM_AGG_TRADE, LADDER_1S}, {STREAM_TRADE, LADDER_1S},
		{STREAM_KLINE_1S, LADDER_1M}, {STREAM_KLINE_1S, LADDER_1H},
		{STREAM_KLINE_1S, LADDER_1D}};
	struct history_row row;
	struct err e = {""};

	if (!paths[0][0])
		begin();
	if (len < 2)
		return 0;
	const char *path = paths[data[0] % 3];
	put(path, data + 2, len - 2);
	struct archive_rows a = {.path = path,
		.kind = kinds[data[1] % 6],
		.before_us = BEFORE_US,
		.tell = tell,
		.file = archive_file_open(path, &e)};
	int64_t rows = 0;
	int rc = -1;
	told = 0;
	while (a.file && (rc = archive_rows_next(&a, &row, &e)) > 0) {
		if (!history_is_same_kind(row.kind, a.kind) || row.time_us >= BEFORE_US)
			abort();
		history_check(&row, NULL, 0);
		rows++;
	}
	if (rc < 0 && !e.text[0])
		abort();
	if (a.file && (a.wrong != told || rows + told > archive_file_number(a.file)))
		abort();
	archive_file_close(a.file);
	return 0;
}
