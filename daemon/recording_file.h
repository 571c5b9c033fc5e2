/*
 * recording_file: the lines of one recorded file, plain, gzip or zstd (told by its first bytes,
 * not by its name).
 *
 * Memory: one line, at most RECORDING_LINE_MAX bytes, and a block. One owning thread; reading
 * blocks on the disk.
 */
#pragma once
#include "err.h"
#include <stddef.h>

#define RECORDING_LINE_MAX (16u << 20)

struct recording_file;
struct recording_file *recording_file_open(const char *path, struct err *e);
void recording_file_free(struct recording_file *f);
/* The next line without its end, valid until the next call. 1: a line; 0: the file's end; -1:
 * cannot be read, cut off within its compression, or a line is too long. */
must_check int recording_file_line(
	struct recording_file *f, char **line, size_t *len, struct err *e);
