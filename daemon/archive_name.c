#include "archive_name.h"
#include "interval.h"
#include <string.h>

static bool is_kind(const char *text)
{
	return strcmp(text, "trades") == 0 || strcmp(text, "aggTrades") == 0 ||
	       strcmp(text, "1mo") == 0 || interval_find(text);
}

/* The text up to the next '-' or '.', if it fits; gives what follows. */
static const char *word(const char *at, char *out, size_t size)
{
	size_t len = strcspn(at, "-.");

	*out = '\0';
	if (len < size) {
		memcpy(out, at, len);
		out[len] = '\0';
	}
	return at[len] == '-' ? at + len + 1 : at + len;
}

void archive_name_read(const char *path, struct archive_name *out)
{
	const char *slash = strrchr(path, '/');
	const char *rest;

	*out = (struct archive_name){"", ""};
	rest = word(slash ? slash + 1 : path, out->symbol, sizeof(out->symbol));
	word(rest, out->kind, sizeof(out->kind));
	if (!is_kind(out->kind))
		*out = (struct archive_name){"", ""};
}

int archive_name_stream(const char *kind, enum stream_kind *out, struct err *e)
{
	if (strcmp(kind, "1s") == 0)
		*out = STREAM_KLINE_1S;
	else if (strcmp(kind, "trades") == 0)
		*out = STREAM_TRADE;
	else if (strcmp(kind, "aggTrades") == 0)
		*out = STREAM_AGG_TRADE;
	else if (is_kind(kind))
		return err_set(e,
			"bars of %s are made of those of a second here: import 1s, trades or "
			"aggTrades instead",
			kind);
	else
		return err_set(e, "'%s' is none of 1s, trades, aggTrades", kind);
	return 0;
}
