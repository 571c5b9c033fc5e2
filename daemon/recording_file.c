#include "recording_file.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define BLOCK_BYTES (128u << 10)

struct recording_file {
	char *path;
	gzFile gz;          /* zlib reads plain files too; for zstd it is the plain reader below */
	ZSTD_DStream *zstd; /* NULL: not zstd */
	unsigned char packed[BLOCK_BYTES];
	ZSTD_inBuffer in;
	bool frame_open; /* zstd: within a frame, so an end here is a cut */
	char *data;
	size_t from, to, room; /* unread bytes are data[from..to) */
	bool ended;
};

/* 1: more bytes are in `packed`; 0: end of the file; -1 */
static int packed_fill(struct recording_file *f, struct err *e)
{
	int n = gzread(f->gz, f->packed, BLOCK_BYTES), code;

	if (n < 0)
		return err_set(e, "%s", gzerror(f->gz, &code));
	f->in = (ZSTD_inBuffer){f->packed, (size_t)n, 0};
	return n > 0;
}

static int zstd_begin(struct recording_file *f, struct err *e)
{
	static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd};

	if (packed_fill(f, e) < 0)
		return -1;
	if (f->in.size < sizeof(magic) || memcmp(f->packed, magic, sizeof(magic)) != 0)
		return 0;
	f->zstd = ZSTD_createDStream();
	if (!f->zstd)
		return err_set(e, "no memory");
	return 0;
}

struct recording_file *recording_file_open(const char *path, struct err *e)
{
	struct recording_file *f = calloc(1, sizeof(*f));

	if (!f || !(f->path = strdup(path))) {
		err_set(e, "no memory");
		goto out;
	}
	errno = 0;
	f->gz = gzopen(path, "rbe");
	if (!f->gz) {
		err_set(e, "%s", errno ? strerror(errno) : "no memory");
		goto out;
	}
	if (zstd_begin(f, e) == 0)
		return f;
out:
	err_wrap(e, "cannot open '%s'", path);
	recording_file_free(f);
	return NULL;
}

void recording_file_free(struct recording_file *f)
{
	if (!f)
		return;
	if (f->gz)
		gzclose(f->gz);
	ZSTD_freeDStream(f->zstd);
	free(f->data);
	free(f->path);
	free(f);
}

/* Makes room for a block behind the unread bytes. */
static int room_make(struct recording_file *f, struct err *e)
{
	size_t len = f->to - f->from, want = len + BLOCK_BYTES;
	char *more;

	if (f->from > 0) {
		memmove(f->data, f->data + f->from, len);
		f->from = 0;
		f->to = len;
	}
	if (want <= f->room)
		return 0;
	if (len > RECORDING_LINE_MAX)
		return err_set(e, "a line is longer than %u bytes", RECORDING_LINE_MAX);
	want += want / 2;
	more = realloc(f->data, want);
	if (!more)
		return err_set(e, "no memory");
	f->data = more;
	f->room = want;
	return 0;
}

static int zstd_fill(struct recording_file *f, struct err *e)
{
	ZSTD_outBuffer out = {f->data + f->to, f->room - f->to, 0};
	size_t left;

	if (f->in.pos == f->in.size) {
		int rc = packed_fill(f, e);

		if (rc < 0)
			return -1;
		if (rc == 0) {
			f->ended = true;
			return f->frame_open ? err_set(e, "the file is cut off") : 0;
		}
	}
	left = ZSTD_decompressStream(f->zstd, &out, &f->in);
	if (ZSTD_isError(left))
		return err_set(e, "%s", ZSTD_getErrorName(left));
	f->frame_open = left != 0;
	f->to += out.pos;
	return 0;
}

static int plain_fill(struct recording_file *f, struct err *e)
{
	if (f->in.pos == f->in.size) {
		int rc = packed_fill(f, e), code;

		if (rc < 0)
			return -1;
		if (rc == 0) {
			f->ended = true;
			gzerror(f->gz, &code);
			return code == Z_BUF_ERROR ? err_set(e, "the file is cut off") : 0;
		}
	}
	memcpy(f->data + f->to, f->packed, f->in.size);
	f->to += f->in.size;
	f->in.pos = f->in.size;
	return 0;
}

/* Takes the unread line that ends `len` bytes on, and `more` bytes behind it. */
static void line_give(struct recording_file *f, char **line, size_t *len, size_t more)
{
	*line = f->data + f->from;
	f->from += *len + more;
	if (*len > 0 && (*line)[*len - 1] == '\r')
		--*len;
}

int recording_file_line(struct recording_file *f, char **line, size_t *len, struct err *e)
{
	size_t seen = 0; /* bytes that hold no end of a line */

	for (;;) {
		size_t have = f->to - f->from;
		const char *end = NULL;

		if (f->data && have > seen)
			end = memchr(f->data + f->from + seen, '\n', have - seen);
		if (f->data && (end || (f->ended && have > 0))) {
			*len = end ? (size_t)(end - f->data) - f->from : have;
			line_give(f, line, len, end != NULL);
			return 1;
		}
		if (f->ended)
			return 0;
		seen = have;
		if (room_make(f, e) || (f->zstd ? zstd_fill(f, e) : plain_fill(f, e)))
			return err_wrap(e, "cannot read '%s'", f->path);
	}
}
