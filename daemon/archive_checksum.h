/*
 * archive_checksum: the `<file>.CHECKSUM` that the exchange's archive puts beside its files, as sha256sum writes it (Binance's public data).
 *
 * No state. Blocks on the disk.
 */
#pragma once
#include "err.h"

/* 1: there is one, and the file is what it says; 0: there is none; -1: the file is another, or something can't be read: `e` says what. */
must_check int archive_checksum_verify(const char *path, struct err *e);
