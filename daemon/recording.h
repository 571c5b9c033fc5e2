/*
 * recording: a file or a folder of recorded frames as one sequence, merged by receive time.
 *
 * Formats: recording_line.h; compression: recording_file.h. A first line without a time is a
 * header. A file whose first two lines have no time is skipped and remembered by name. A receive
 * time that steps back (the recorder's clock was set) counts as the greatest before it in that
 * file. One owning thread; reading blocks on the disk.
 */
#pragma once
#include "err.h"
#include "recording_line.h"
#include <stddef.h>
#include <stdint.h>

struct recording;
/* Opens `path`. NULL: not there, not readable, or nothing in it has times. */
struct recording *recording_open(const char *path, struct err *e);
void recording_free(struct recording *r);
size_t recording_files(const struct recording *r);
/* Name of the i-th file that was skipped for want of times; NULL past the end. */
const char *recording_skipped(const struct recording *r, size_t i);
/* Lines within the files that begin with no time, so far; they are left out. */
int64_t recording_bad_lines(const struct recording *r);
/* The next line in order of receive time, valid until the next call, and which file it came
 * from. 1: a line; 0: the end; -1: a file cannot be read further. */
must_check int recording_next(
	struct recording *r, struct recording_line **line, size_t *file, struct err *e);
