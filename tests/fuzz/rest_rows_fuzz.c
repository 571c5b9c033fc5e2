/* Whatever REST answers: its rows are read or refused with a reason, and what is read makes an event that the sink takes. */
#include "daemon/rest_rows.h"
#include "history_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void walk(struct given_kind kind, const char *json, size_t len)
{
	struct rest_rows r;
	struct history_row row;
	struct err e = {""};
	int rc, rows = 0;

	if (rest_rows_begin(&r, kind, json, len, &e) != 0) {
		if (!e.text[0])
			abort();
		return;
	}
	while ((rc = rest_rows_next(&r, &row, &e)) > 0) {
		if (++rows != r.number || !history_is_same_kind(row.kind, kind))
			abort();
		history_check(&row, json, len);
	}
	if (rc < 0 && !e.text[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *json = malloc(len ? len : 1); /* ends where the answer ends, for the sanitizer */

	memcpy(json, data, len);
	for (int level = 0; level < LADDER_COUNT; level++)
		walk((struct given_kind){STREAM_KLINE_1S, (enum ladder)level}, json, len);
	walk((struct given_kind){STREAM_AGG_TRADE, LADDER_1S}, json, len);
	free(json);
	return 0;
}
