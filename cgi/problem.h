/*
 * problem: error answers: RFC 9457 application/problem+json with Binance's code and msg in the same body.
 */
#pragma once
#include "request.h"

enum problem {
	PROBLEM_UNKNOWN_PARAM,
	PROBLEM_REPEATED_PARAM,
	PROBLEM_MISSING_PARAM,
	PROBLEM_ILLEGAL_CHARS,
	PROBLEM_EMPTY_PARAM,
	PROBLEM_OVERFLOW,
	PROBLEM_ILLEGAL_PARAM,
	PROBLEM_BAD_COMBINATION,
	PROBLEM_BAD_INTERVAL,
	PROBLEM_BAD_SYMBOL,
	PROBLEM_BAD_STATUS,
	PROBLEM_OTHER_STATUS,
	PROBLEM_BAD_TYPE,
	PROBLEM_SYMBOL_TWICE,
	PROBLEM_NOT_FOUND,
	PROBLEM_METHOD,
	PROBLEM_NOT_ACCEPTABLE,
	PROBLEM_TOO_MANY,
	PROBLEM_UNAVAILABLE,
	PROBLEM_TIMEOUT,
	PROBLEM_INTERNAL,
};

/* Fills `a` wholly: status, type, title, detail (printf-style), code, msg; Allow and Retry-After where due; with TradingView's s and errmsg too if
 * it is for `udf`. */
void problem_answer(struct answer *a, enum problem p, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
