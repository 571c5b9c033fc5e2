/*
 * ctl_command: pricegraphctl's commands. main's thread; they block. Each prints its result to stdout and returns 0, or -1 and `e` says why.
 */
#pragma once
#include "err.h"
#include "settings.h"

/* Deletes the topics and all rows of a venue; its epoch rises. Topics first: what a crash between leaves is noticed by the sink. */
must_check int ctl_empty(const struct settings *s, const char *venue, struct err *e);
/* "add" NAME..., "remove" NAME..., "list": the symbols of [feed] symbols_file, checked against the exchange's list. */
must_check int ctl_symbols(const struct settings *s, char **arguments, struct err *e);
/* What the database says of the venue, a line each. */
must_check int ctl_status(const struct settings *s, const char *venue, struct err *e);
/* [--interval 1s|1m|1h|1d] SYMBOL FROM TO [klines|aggTrades]: loads that stretch from the exchange's REST into the history topics. An interrupted one
 * goes on. */
must_check int ctl_backfill(const struct settings *s, char **arguments, struct err *e);
/* [--symbol S] [--kind K] FILE...: loads files of the exchange's archive likewise; one whose CHECKSUM lies beside it only if that is right. -1 also if
 * a line was wrong; the others are loaded. */
must_check int ctl_import(const struct settings *s, char **arguments, struct err *e);
/* SYMBOL --from FILE --reason TEXT [--interval L] [--dry-run]: corrects candles; or SYMBOL --inverse RUN: prints what undoes a run. */
must_check int ctl_correct(const struct settings *s, char **arguments, struct err *e);
/* SYMBOL FROM TO --reason TEXT [--dry-run]: takes the candles of a stretch away. */
must_check int ctl_delete(const struct settings *s, char **arguments, struct err *e);
/* SYMBOL FROM TO [--from-kafka] [--dry-run]: computes seconds and the bars above them anew from the raw rows, or from Kafka's topics, which then
 * replace raw rows that differ. */
must_check int ctl_rebuild(const struct settings *s, char **arguments, struct err *e);
