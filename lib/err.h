/*
 * err: the reason of a failure, as one line of text for a person.
 *
 * lib/ never logs an error; it fills a struct err that the caller owns, and the
 * arrow or main that asked logs it once, with its context ("cannot open 'x':
 * reason"). Any thread; no locks; never allocates.
 */
#pragma once

#define ERR_TEXT_SIZE 512
#define must_check __attribute__((warn_unused_result))

struct err {
	char text[ERR_TEXT_SIZE]; /* empty = no error; always terminated */
};

/* Stores the printf-style reason, cut to fit. `e` may be NULL. Returns -1, so
 * that a failing function can `return err_set(...)`. */
int err_set(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts the printf-style context and ": " before the reason already there. Returns -1. */
int err_wrap(struct err *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
