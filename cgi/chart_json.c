#include "chart_json.h"
#include "clock.h"
#include <string.h>

static void add_text(struct buf *b, const char *text)
{
	buf_add_json(b, text, strlen(text));
}

void chart_json_identity(struct buf *b, const struct chart_view *v)
{
	buf_add_str(b, "{\"venue\":");
	add_text(b, v->head.venue);
	buf_add_str(b, ",\"symbol\":");
	add_text(b, v->symbol);
	buf_printf(b, ",\"interval\":\"%s\"", v->iv->name);
}

void chart_json_begin(struct buf *b, const struct chart_view *v)
{
	chart_json_identity(b, v);
	chart_head_add_freshness(b, &v->head);
}

/* What candle_add_json does, but nobody stated a flat row: its origin is null. */
static void add_flat(struct buf *b, const struct candle *c)
{
	char close[DECIMAL_TEXT_SIZE], zero[DECIMAL_TEXT_SIZE];

	decimal_format(&c->close, close);
	decimal_format(&decimal_zero, zero);
	buf_add_int(b, c->open_us / MS_US);
	for (int i = 0; i < 4; i++)
		buf_printf(b, ",\"%s\"", close);
	if (c->has_volume)
		buf_printf(b, ",\"%s\",\"%s\",0,null", zero, zero);
	else
		buf_add_str(b, ",null,null,null,null");
}

static void add_bar(struct buf *b, const struct chart_bar *bar)
{
	buf_add_char(b, '[');
	if (bar->kind == BAR_FLAT)
		add_flat(b, &bar->candle);
	else
		candle_add_json(b, &bar->candle);
	buf_add_str(b, bar->complete ? ",true]" : ",false]");
}

void chart_json_candles(struct buf *b, const struct chart_bars *bars, bool changed)
{
	const char *separator = "";

	buf_add_str(b, ",\"columns\":[\"t\",\"o\",\"h\",\"l\",\"c\",\"v\",\"q\",\"n\",\"origin\","
		       "\"complete\"],\"candles\":[");
	for (size_t i = 0; i < bars->count; i++) {
		if (!chart_bars_shows(&bars->v[i]) || (changed && !bars->v[i].changed))
			continue;
		buf_add_str(b, separator);
		add_bar(b, &bars->v[i]);
		separator = ",";
	}
	buf_add_char(b, ']');
}

void chart_json_removed(struct buf *b, const struct chart_bars *bars)
{
	const char *separator = "";

	buf_add_str(b, ",\"removed\":[");
	for (size_t i = 0; i < bars->count; i++) {
		if (chart_bars_shows(&bars->v[i]) || !bars->v[i].changed)
			continue;
		buf_add_str(b, separator);
		buf_add_int(b, bars->v[i].candle.open_us / MS_US);
		separator = ",";
	}
	buf_add_char(b, ']');
}

void chart_json_gaps(struct buf *b, const struct chart_gaps *gaps, bool whole)
{
	buf_add_str(b, ",\"gaps\":[");
	for (size_t i = 0; i < gaps->count; i++) {
		const struct chart_gap *g = &gaps->v[i];

		buf_add_str(b, i > 0 ? ",{" : "{");
		if (whole)
			buf_printf(b, "\"stream\":\"%s\",", g->stream);
		buf_add_str(b, "\"from\":");
		buf_add_int(b, clock_floor(g->from_us, MS_US) / MS_US);
		buf_add_str(b, ",\"to\":");
		buf_add_int(b, clock_floor(g->to_us + MS_US - 1, MS_US) / MS_US);
		buf_add_str(b, ",\"cause\":");
		add_text(b, g->cause);
		buf_printf(b, ",\"state\":\"%s\"", g->state);
		if (whole && g->reason[0] == '\0') {
			buf_add_str(b, ",\"reason\":null");
		} else if (whole) {
			buf_add_str(b, ",\"reason\":");
			add_text(b, g->reason);
		}
		buf_add_char(b, '}');
	}
	buf_add_char(b, ']');
}

void chart_json_revision(struct buf *b, const struct chart_head *h)
{
	buf_add_str(b, ",\"revision\":\"");
	buf_add_int(b, h->generation);
	buf_add_char(b, '.');
	buf_add_int(b, h->revision);
	buf_add_char(b, '"');
}

int chart_json_cursor(struct buf *b, struct chart_view *v)
{
	struct cursor c;

	if (chart_head_cursor(v->reader, &v->head, &c) != 0)
		return -1;
	buf_add_str(b, ",\"cursor\":\"");
	cursor_format(&c, b);
	buf_add_char(b, '"');
	return 0;
}

static void add_base(struct buf *b, const struct candle *base, int64_t start_us)
{
	struct candle c = *base;

	c.open_us = start_us;
	buf_add_str(b, ",\"base\":[");
	candle_add_json(b, &c);
	buf_add_char(b, ']');
}

int chart_json_open(struct buf *b, struct chart_view *v)
{
	const struct chart_window *w = &v->window;
	int64_t start_us;
	struct candle base;
	bool any;

	if (v->head.times.as_of_us < 0 || !w->newest) {
		buf_add_str(b, ",\"open\":null");
		return 0;
	}
	if (chart_view_open(v, &base, &any) != 0)
		return -1;
	start_us = interval_floor(v->iv, w->settled_us);
	buf_add_str(b, ",\"open\":{\"from\":");
	buf_add_int(b, w->settled_us / MS_US);
	buf_add_str(b, ",\"t\":");
	buf_add_int(b, w->newest_us / MS_US);
	if (start_us == w->newest_us && any) {
		add_base(b, &base, w->newest_us);
	} else {
		buf_add_str(b, ",\"base\":null");
	}
	if (start_us != w->newest_us) {
		buf_add_str(b, ",\"before\":{\"t\":");
		buf_add_int(b, start_us / MS_US);
		if (any)
			add_base(b, &base, start_us);
		else
			buf_add_str(b, ",\"base\":null");
		buf_add_char(b, '}');
	}
	buf_add_char(b, '}');
	return 0;
}
