#include "sink_seal.h"

static void seal_offsets(struct sink_state *st, struct sink_batch *b)
{
	for (int k = 0; k < STREAM_COUNT; k++)
		for (int i = 0; i < TOPIC_PARTITIONS; i++) {
			struct sink_place *place = &st->places[k][i];
			struct batch_offset row = {.stream = (enum stream_kind)k,
				.partition = i,
				.expected = place->sealed,
				.next = place->next,
				.identity = place->identity};

			if (!b->touched[k][i])
				continue;
			row.replay_from = sink_state_replay_from(st, row.stream, i);
			buf_add(&b->offsets, &row, sizeof row);
			place->sealed = place->next;
		}
}

void sink_seal_symbols(struct sink_state *st, struct sink_batch *b)
{
	for (struct sink_symbol *sy = st->symbols; sy; sy = sy->hh.next) {
		struct batch_symbol row = {sy, sy->first_us};

		sy->sealed_us = sy->settled_us;
		if (!b->of_history)
			sy->handed_us = sy->settled_us;
		sy->sealed_row = sy->dirty;
		if (sy->dirty)
			buf_add(&b->symbols, &row, sizeof row);
		sy->dirty = false;
	}
}

static void seal_spans(struct sink_state *st, struct sink_batch *b)
{
	for (struct sink_session *se = st->sessions; se; se = se->next) {
		if (se->dirty)
			buf_add(&b->spans, se, sizeof *se);
		se->dirty = false;
	}
	sink_state_prune(st);
}

void sink_seal_committed(struct sink_state *st, const struct sink_batch *b)
{
	const struct batch_offset *o = BATCH_ROWS(b->offsets, const struct batch_offset);

	for (size_t i = 0; i < BATCH_COUNT(b->offsets, struct batch_offset); i++)
		st->places[o[i].stream][o[i].partition].committed = o[i].next;
}

void sink_seal(struct sink_state *st, struct sink_batch *b)
{
	seal_offsets(st, b);
	sink_seal_symbols(st, b);
	seal_spans(st, b);
}
