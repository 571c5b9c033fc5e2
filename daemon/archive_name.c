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

int archive_name_kind(const char *kind, struct given_kind *out, struct err *e)
{
	int level = ladder_find(kind);

	if (level >= 0)
		*out = (struct given_kind){STREAM_KLINE_1S, (enum ladder)level};
	else if (strcmp(kind, "trades") == 0)
		*out = (struct given_kind){STREAM_TRADE, LADDER_1S};
	else if (strcmp(kind, "aggTrades") == 0)
		*out = (struct given_kind){STREAM_AGG_TRADE, LADDER_1S};
	else if (is_kind(kind))
		return err_set(e,
			"bars of %s are not stored, they are made of others: 1s, 1m, 1h and 1d are "
			"taken",
			kind);
	else
		return err_set(e, "'%s' is none of 1s, 1m, 1h, 1d, trades, aggTrades", kind);
	return 0;
}
