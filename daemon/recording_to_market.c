#include "recording_to_market.h"
#include "clock.h"
#include "market_number.h"
#include "recording.h"
#include <stdlib.h>
#include <string.h>

struct recording_to_market {
	struct recording *recording;
	const struct recording_catalog *catalog;
	struct event_parser *parser;
	int64_t *last_id;            /* per symbol, -1 = none yet */
	int64_t received_us;         /* of the line before, -1 = none */
	int64_t at_us;               /* market time so far */
	bool jumped;                 /* the jump to the line at hand was given */
	struct recording_line *line; /* at hand, not yet given; NULL = read the next */
	size_t file;
	bool ended;
	int64_t repeats, bad;
};

struct recording_to_market *recording_to_market_new(
	const char *path, const struct recording_catalog *catalog, struct err *e)
{
	struct recording_to_market *r = calloc(1, sizeof(*r));

	if (!r || !(r->last_id = malloc((catalog->symbol_count + 1) * sizeof(*r->last_id)))) {
		err_set(e, "no memory");
		goto out;
	}
	r->catalog = catalog;
	r->received_us = -1;
	r->at_us = catalog->first_us;
	for (size_t i = 0; i < catalog->symbol_count; i++)
		r->last_id[i] = -1;
	r->parser = event_parser_new(e);
	if (!r->parser)
		goto out;
	r->recording = recording_open(path, e);
	if (!r->recording)
		goto out;
	if (recording_files(r->recording) == catalog->files)
		return r;
	err_set(e, "'%s' changed while it was read", path);
out:
	recording_to_market_free(r);
	return NULL;
}

void recording_to_market_free(struct recording_to_market *r)
{
	if (!r)
		return;
	event_parser_free(r->parser);
	recording_free(r->recording);
	free(r->last_id);
	free(r);
}

static int symbol_index(const struct recording_catalog *c, const char *name)
{
	for (size_t i = 0; i < c->symbol_count; i++) {
		if (strcmp(c->symbols[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

/* 1: `out` holds the trade; 0: it is left out and counted; -1: no memory */
static int trade_make(struct recording_to_market *r, struct market_item *out, struct err *e)
{
	struct slice object = r->line->data;
	struct err reason;
	struct event ev;
	__int128 price = 0, quantity = 0;
	int symbol;

	if (event_parse(r->parser, STREAM_TRADE, object.data, object.len, &ev, &reason) ||
		number_from_decimal(&price, &ev.trade.price) || price > INT64_MAX ||
		number_from_decimal(&quantity, &ev.trade.quantity) ||
		(symbol = symbol_index(r->catalog, ev.symbol)) < 0) {
		r->bad++;
		return 0;
	}
	if (ev.trade.id <= r->last_id[symbol]) {
		r->repeats++;
		return 0;
	}
	out->text = malloc(object.len);
	if (!out->text)
		return err_set(e, "no memory");
	memcpy(out->text, object.data, object.len);
	out->text_len = object.len;
	out->kind = MARKET_TRADE;
	out->trade = (struct market_trade){.symbol = symbol,
		.id = ev.trade.id,
		.price = (int64_t)price,
		.quantity = quantity,
		.trade_us = ev.trade.trade_us,
		.maker = ev.trade.buyer_is_maker};
	r->last_id[symbol] = ev.trade.id;
	return 1;
}

static int frame_make(const struct recording_line *line, struct market_item *out, struct err *e)
{
	bool inside = line->name.data != line->made_name;

	out->text = malloc(line->frame.len + line->name.len + 1);
	if (!out->text)
		return err_set(e, "no memory");
	out->kind = MARKET_FRAME;
	out->wrapped = line->wrapped;
	out->text_len = line->frame.len;
	memcpy(out->text, line->frame.data, line->frame.len);
	if (line->data.data) {
		out->data_at = (size_t)(line->data.data - line->frame.data);
		out->data_len = line->data.len;
	}
	if (line->name.data) {
		out->name_at =
			inside ? (size_t)(line->name.data - line->frame.data) : line->frame.len;
		out->name_len = line->name.len;
		memcpy(out->text + out->name_at, line->name.data, line->name.len);
	}
	return 1;
}

/* 1: the line at hand was made an item; 0: nothing is to be said of it; -1 */
static int line_take(struct recording_to_market *r, struct market_item *out, struct err *e)
{
	const struct recording_line *line = r->line;
	bool derived = r->catalog->derived[r->file], time_passes;
	int64_t t = recording_catalog_time(derived, line);
	int rc;

	time_passes = t > r->at_us;
	if (time_passes)
		r->at_us = t;
	out->at_us = r->at_us;
	if (!derived)
		return frame_make(line, out, e);
	if (slice_is(line->event, "trade")) {
		rc = trade_make(r, out, e);
		if (rc != 0)
			return rc;
	}
	out->kind = MARKET_TIME;
	return time_passes;
}

/* Reads on to the next line that has a market time. */
static int line_read(struct recording_to_market *r, struct err *e)
{
	int rc;

	while ((rc = recording_next(r->recording, &r->line, &r->file, e)) > 0) {
		if (recording_catalog_time(r->catalog->derived[r->file], r->line) >= 0)
			return 1;
		if (r->line->received_us - r->received_us <= RECORDING_PAUSE_US)
			r->received_us = r->line->received_us; /* it keeps the recording going */
	}
	r->line = NULL;
	return rc;
}

static int next(void *ctx, struct market_item *out, struct err *e)
{
	struct recording_to_market *r = ctx;
	int rc;

	*out = (struct market_item){.kind = MARKET_TIME};
	for (;;) {
		int64_t pause, t;

		if (r->ended)
			return 0;
		if (!r->line && (rc = line_read(r, e)) <= 0) {
			r->ended = rc == 0;
			/* Its last second passes too: whoever listened has it whole. */
			out->kind = MARKET_END;
			out->at_us = clock_floor(r->at_us, SECOND_US) + SECOND_US;
			return rc == 0 ? 1 : -1;
		}
		pause = r->received_us < 0 ? 0 : r->line->received_us - r->received_us;
		t = recording_catalog_time(r->catalog->derived[r->file], r->line);
		if (pause > RECORDING_PAUSE_US && clock_floor(t, SECOND_US) > r->at_us &&
			!r->jumped) {
			out->kind = MARKET_JUMP;
			out->at_us = r->at_us;
			out->to_us = clock_floor(t, SECOND_US);
			r->at_us = out->to_us;
			r->jumped = true;
			return 1;
		}
		r->received_us = r->line->received_us;
		r->jumped = false;
		rc = line_take(r, out, e);
		r->line = NULL;
		if (rc != 0)
			return rc;
	}
}

struct market_source recording_to_market_source(struct recording_to_market *r)
{
	return (struct market_source){.ctx = r, .next = next};
}

int64_t recording_to_market_repeats(const struct recording_to_market *r)
{
	return r->repeats;
}

int64_t recording_to_market_bad(const struct recording_to_market *r)
{
	return r->bad;
}
