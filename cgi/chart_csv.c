#include "chart_csv.h"
#include "clock.h"

static void add_decimal(struct buf *b, const struct decimal *d)
{
	char text[DECIMAL_TEXT_SIZE];

	decimal_format(d, text);
	buf_add_char(b, ',');
	buf_add_str(b, text);
}

/* Of numbers and names of ours: nothing in them has to be quoted. */
static void add_bar(struct buf *b, const struct chart_bar *bar)
{
	const struct candle *c = &bar->candle;

	buf_add_int(b, c->open_us / MS_US);
	add_decimal(b, &c->open);
	add_decimal(b, &c->high);
	add_decimal(b, &c->low);
	add_decimal(b, &c->close);
	if (c->has_volume) {
		add_decimal(b, &c->volume);
		add_decimal(b, &c->quote);
		buf_add_char(b, ',');
		buf_add_int(b, c->trades);
	} else {
		buf_add_str(b, ",,,");
	}
	buf_printf(b, ",%s,%s", bar->kind == BAR_FLAT ? "" : origin_name(c->origin),
		bar->complete ? "true" : "false");
}

void chart_csv_print(struct buf *b, const struct chart_bars *bars, const struct chart_series *s)
{
	int row = 0;

	buf_add_str(b, "t,o,h,l,c,v,q,n,origin,complete");
	chart_series_csv_names(b, s);
	buf_add_str(b, "\r\n");
	for (size_t i = 0; i < bars->count; i++) {
		if (!chart_bars_shows(&bars->v[i]))
			continue;
		add_bar(b, &bars->v[i]);
		chart_series_csv_cells(b, s, row++);
		buf_add_str(b, "\r\n");
	}
}
