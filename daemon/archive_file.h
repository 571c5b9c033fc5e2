/*
 * archive_file: the lines of a file of the exchange's archive: plain, .gz (zlib) or .zip with one file in it (libzip).
 *
 * Memory is bounded by ARCHIVE_LINE_MAX. One owning thread; blocks on the disk.
 */
#pragma once
#include "err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARCHIVE_LINE_MAX 4096

struct archive_file;
struct archive_file *archive_file_open(const char *path, struct err *e);
void archive_file_close(struct archive_file *f);
/* 1: the next line without its end, terminated, lent until the next call, or NULL if it is longer than ARCHIVE_LINE_MAX (it is passed over);
 * 0: there is none; -1: the file is damaged from here on. */
must_check int archive_file_line(struct archive_file *f, char **line, size_t *len, struct err *e);
/* Of the line read last, from 1. */
int64_t archive_file_number(const struct archive_file *f);
/* How much of the file has been read, 0 to 1. */
double archive_file_share(const struct archive_file *f);
