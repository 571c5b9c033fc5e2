/*
 * collector_reload: what a running collector reads again: on SIGHUP the settings, of which [feed] symbols, streams and
 * symbols_file come into force; and that file whenever it has changed. What can't be used leaves in force what is, and is logged.
 * main's thread.
 */
#pragma once
#include "settings.h"
#include "ws_to_kafka.h"
#include <stdbool.h>
#include <sys/stat.h>

struct collector_reload {
	int argc;
	char **argv;
	struct ws_to_kafka *feed;       /* lent; NULL: the role is off, nothing is read again */
	const struct settings *current; /* lent by main or `own` */
	struct settings *own;           /* read later; NULL: none yet */
	struct stat
		seen; /* the file of symbols, as it was when it was last read; zeroed: it was not there */
};

/* All but `r` is lent. */
void collector_reload_init(struct collector_reload *r, int argc, char **argv,
	const struct settings *s, struct ws_to_kafka *feed);
void collector_reload_done(struct collector_reload *r);
/* SIGHUP. */
void collector_reload_settings(struct collector_reload *r);
/* To be called about once a second. */
void collector_reload_look(struct collector_reload *r);
