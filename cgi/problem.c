#include "problem.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* code and msg: Binance's documentation. Where msg is NULL, Binance's own text names the parameter and is the detail. */
static const struct kind {
	int status, code;
	const char *type, *title, *msg, *headers;
} kinds[] = {
	[PROBLEM_UNKNOWN_PARAM] = {400, -1103, "unknown-parameter", "Unknown parameter",
		"An unknown parameter was sent.", ""},
	[PROBLEM_REPEATED_PARAM] = {400, -1101, "repeated-parameter", "Repeated parameter",
		"Duplicate values for a parameter detected.", ""},
	[PROBLEM_MISSING_PARAM] = {400, -1102, "missing-parameter", "Missing parameter", NULL, ""},
	[PROBLEM_ILLEGAL_CHARS] = {400, -1100, "illegal-characters", "Illegal characters", NULL,
		""},
	[PROBLEM_EMPTY_PARAM] = {400, -1105, "empty-parameter", "Empty parameter", NULL, ""},
	[PROBLEM_OVERFLOW] = {400, -1108, "overflow", "Parameter overflowed", NULL, ""},
	[PROBLEM_ILLEGAL_PARAM] = {400, -1130, "illegal-parameter", "Illegal parameter", NULL, ""},
	[PROBLEM_BAD_COMBINATION] = {400, -1128, "invalid-combination", "Invalid combination",
		"Combination of optional parameters invalid.", ""},
	[PROBLEM_BAD_INTERVAL] = {400, -1120, "invalid-interval", "Invalid interval",
		"Invalid interval.", ""},
	[PROBLEM_BAD_SYMBOL] = {400, -1121, "invalid-symbol", "Invalid symbol", "Invalid symbol.",
		""},
	[PROBLEM_BAD_STATUS] = {400, -1122, "invalid-symbol-status", "Invalid symbolStatus",
		"Invalid symbolStatus.", ""},
	[PROBLEM_OTHER_STATUS] = {400, -1220, "unmatched-symbol-status", "Unmatched symbolStatus",
		"The symbol's status does not match the requested symbolStatus.", ""},
	[PROBLEM_BAD_TYPE] = {400, -1139, "invalid-ticker-type", "Invalid ticker type",
		"Invalid ticker type.", ""},
	[PROBLEM_SYMBOL_TWICE] = {400, -1151, "repeated-symbol", "Repeated symbol",
		"Symbol is present multiple times in the list.", ""},
	[PROBLEM_NOT_FOUND] = {404, -1000, "not-found", "Not found", NULL, ""},
	[PROBLEM_METHOD] = {405, -1000, "method-not-allowed", "Method not allowed", NULL,
		"Allow: GET, HEAD\r\n"},
	[PROBLEM_NOT_ACCEPTABLE] = {406, -1000, "not-acceptable", "Not acceptable", NULL, ""},
	[PROBLEM_TOO_MANY] = {429, -1003, "too-many-requests", "Too many requests",
		"Too many requests.", "Retry-After: 1\r\n"},
	[PROBLEM_UNAVAILABLE] = {503, -1001, "unavailable", "Unavailable",
		"Internal error; unable to process your request. Please try again.",
		"Retry-After: 1\r\n"},
	[PROBLEM_TIMEOUT] = {503, -1007, "timeout", "Timeout",
		"Timeout waiting for response from backend server.", "Retry-After: 1\r\n"},
	[PROBLEM_INTERNAL] = {500, -1000, "internal", "Internal error",
		"An unknown error occurred while processing the request.", ""},
};

void problem_answer(struct answer *a, enum problem p, const char *format, ...)
{
	const struct kind *k = &kinds[p];
	const char *msg;
	char detail[400];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	msg = k->msg != NULL ? k->msg : detail;
	a->status = k->status;
	a->content_type = "application/problem+json";
	a->etag[0] = '\0';
	snprintf(a->headers, sizeof(a->headers), "Cache-Control: no-store\r\n%s", k->headers);
	buf_reset(&a->body);
	buf_printf(&a->body,
		"{\"type\":\"urn:pricegraph:problem:%s\",\"title\":\"%s\",\"status\":%d,", k->type,
		k->title, k->status);
	buf_add_str(&a->body, "\"detail\":");
	buf_add_json(&a->body, detail, strlen(detail));
	buf_printf(&a->body, ",\"code\":%d,\"msg\":", k->code);
	buf_add_json(&a->body, msg, strlen(msg));
	if (a->udf) {
		buf_add_str(&a->body, ",\"s\":\"error\",\"errmsg\":");
		buf_add_json(&a->body, detail, strlen(detail));
	}
	buf_add_str(&a->body, "}\n");
}
