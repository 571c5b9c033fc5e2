#include "given_run.h"
#include <string.h>

static bool is_bars(const struct given_run *r)
{
	return r->kind.stream == STREAM_KLINE_1S;
}

static void begin(struct given_run *r, const struct history_row *row)
{
	*r = (struct given_run){.any = true,
		.kind = row->kind,
		.from_us = row->time_us,
		.to_us = row->end_us,
		.first_id = row->id,
		.last_id = row->id};
}

static void stretch(const struct given_run *r, struct given *out)
{
	out->kind = r->kind;
	out->from_us = r->from_us;
	out->to_us = r->to_us;
	out->first_id = is_bars(r) ? -1 : r->first_id;
	out->last_id = is_bars(r) ? -1 : r->last_id;
	out->reason[0] = '\0';
}

bool given_run_tell(struct given_run *r, struct given *out)
{
	if (!r->any || (is_bars(r) && r->from_us == r->to_us))
		return false;
	stretch(r, out);
	/* Trades go on from the next id on, which touches the last. */
	r->any = is_bars(r);
	r->from_us = r->to_us;
	return true;
}

void given_run_break(struct given_run *r)
{
	r->any = false;
}

static bool is_repeat(const struct given_run *r, const struct history_row *row)
{
	if (!is_bars(r))
		return row->id >= r->first_id && row->id <= r->last_id;
	return row->time_us >= r->from_us && row->end_us <= r->to_us;
}

static bool runs_on(const struct given_run *r, const struct history_row *row)
{
	return is_bars(r) ? row->time_us == r->to_us : row->id == r->last_id + 1;
}

int given_run_add(
	struct given_run *r, const struct history_row *row, struct given out[GIVEN_RUN_OUT])
{
	int n = 0;

	if (r->any && is_repeat(r, row))
		return 0;
	if (r->any && runs_on(r, row)) {
		if (row->end_us > r->to_us)
			r->to_us = row->end_us;
		r->last_id = row->id;
		return 0;
	}
	if (r->any) {
		bool hole = is_bars(r) && row->time_us > r->to_us;
		int64_t due_us = r->to_us;

		n = given_run_tell(r, &out[0]);
		if (hole) {
			stretch(r, &out[n]);
			out[n].from_us = due_us;
			out[n].to_us = row->time_us;
			memcpy(out[n++].reason, " ", 2);
		}
	}
	begin(r, row);
	return n;
}
