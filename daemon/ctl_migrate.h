/*
 * ctl_migrate: brings a database to the schema of this program (sql/migration, embedded at build).
 *
 * Each migration runs once, in order, in one transaction that also writes its row (name, md5 of its text) into pricegraph.migration; several
 * programs at once wait for one another. An applied migration that has changed since, or one that this program does not know, is an error.
 */
#pragma once
#include "err.h"
#include "pg.h"

/* `applied` may be NULL; else it is called after each migration. Returns how many were applied, -1: `e` says why. Blocks. The connection must be the
 * owner's. */
must_check int ctl_migrate(struct pg *pg, void (*applied)(const char *name), struct err *e);
