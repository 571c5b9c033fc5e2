#include "poll_param.h"
#include "event.h"

#define SYMBOLS_BYTES_MAX (POLL_SYMBOLS_MAX * SYMBOL_SIZE)
#define CURSOR_BYTES_MAX 65536

const struct param poll_params[] = {
	[POLL_SYMBOLS] = {"symbols", PARAM_TEXT, true, 1, SYMBOLS_BYTES_MAX, NULL, NULL,
		"Symbols separated by commas, at most 100."},
	[POLL_CURSOR] = {"cursor", PARAM_TEXT, false, 0, CURSOR_BYTES_MAX, NULL, NULL,
		"One cursor for all symbols, or one for each, separated by commas."},
	[POLL_WAIT] = {"wait", PARAM_INT, false, 0, POLL_WAIT_MAX_S, NULL, NULL,
		"Longest wait for news, in seconds (25)."},
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};

const struct param poll_no_params[] = {
	{NULL, PARAM_TEXT, false, 0, 0, NULL, NULL, NULL},
};
