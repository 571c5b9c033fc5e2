#include "candle_line.h"
#include "clock.h"
#include <string.h>

#define EARLIEST_US 1498867200000000LL /* 2017-07-01: the exchange is not older */
#define SHOWN 40                       /* bytes of what is wrong */
/* Sums of a day's seconds still fit a decimal; the database has the same bounds. */
#define PRICE_END "1000000000000000000"
#define VOLUME_END "1000000000000000000000000000"

static const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_TIME] = "open_time",
	[COLUMN_OPEN] = "open",
	[COLUMN_HIGH] = "high",
	[COLUMN_LOW] = "low",
	[COLUMN_CLOSE] = "close",
	[COLUMN_VOLUME] = "volume",
	[COLUMN_QUOTE] = "quote_volume",
	[COLUMN_TRADES] = "trades",
	[COLUMN_TAKER_VOLUME] = "taker_volume",
	[COLUMN_TAKER_QUOTE] = "taker_quote_volume",
	[COLUMN_INTERVAL] = "interval",
};

static const char *const level_names[LADDER_COUNT] = {
	[LADDER_1S] = "1s", [LADDER_1M] = "1m", [LADDER_1H] = "1h", [LADDER_1D] = "1d"};

struct text {
	const char *at; /* not terminated */
	size_t len;
};

static bool is(struct text t, const char *word)
{
	return t.len == strlen(word) && memcmp(t.at, word, t.len) == 0;
}

int candle_level_find(const char *name, size_t len)
{
	for (int i = 0; i < LADDER_COUNT; i++)
		if (is((struct text){name, len}, level_names[i]))
			return i;
	return -1;
}

const char *candle_level_name(enum ladder level)
{
	return level_names[level];
}

/* The fields of a line, without blanks around them; more than COLUMN_COUNT are counted as one more. */
static int split(const char *line, size_t len, struct text out[COLUMN_COUNT])
{
	const char *at = line, *end = line + len;

	for (int count = 0;; count++) {
		const char *comma = memchr(at, ',', (size_t)(end - at)),
			   *stop = comma ? comma : end;

		if (count == COLUMN_COUNT)
			return count + 1;
		while (at < stop && (*at == ' ' || *at == '\t'))
			at++;
		const char *last = stop;
		while (last > at && (last[-1] == ' ' || last[-1] == '\t' || last[-1] == '\r'))
			last--;
		out[count] = (struct text){at, (size_t)(last - at)};
		if (!comma)
			return count + 1;
		at = comma + 1;
	}
}

void candle_columns_init(struct candle_columns *c)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		c->at[i] = i < COLUMN_INTERVAL ? i : -1;
	c->count = COLUMN_INTERVAL;
}

bool candle_columns_named(const char *line)
{
	return (*line >= 'a' && *line <= 'z') || (*line >= 'A' && *line <= 'Z');
}

int candle_columns_read(struct candle_columns *out, const char *line, size_t len, struct err *e)
{
	struct candle_columns c = {.count = 0};
	struct text fields[COLUMN_COUNT];

	c.count = split(line, len, fields);
	if (c.count > COLUMN_COUNT)
		return err_set(e, "more than %d columns", COLUMN_COUNT);
	for (int k = 0; k < COLUMN_COUNT; k++)
		c.at[k] = -1;
	for (int i = 0; i < c.count; i++) {
		int k = 0;

		while (k < COLUMN_COUNT && !is(fields[i], column_names[k]))
			k++;
		if (k == COLUMN_COUNT)
			return err_set(e, "there is no column '%.*s'",
				(int)(fields[i].len > SHOWN ? SHOWN : fields[i].len), fields[i].at);
		if (c.at[k] >= 0)
			return err_set(e, "column '%s' is named twice", column_names[k]);
		c.at[k] = i;
	}
	for (int k = COLUMN_TIME; k <= COLUMN_CLOSE; k++)
		if (c.at[k] < 0)
			return err_set(e, "column '%s' is missing", column_names[k]);
	*out = c;
	return 0;
}

/* A field of the line, or an empty text. */
struct fields {
	const struct candle_columns *columns;
	struct text v[COLUMN_COUNT];
	int count;
};

static struct text field(const struct fields *f, enum candle_column k)
{
	int at = f->columns->at[k];

	return at >= 0 && at < f->count ? f->v[at] : (struct text){"", 0};
}

static int wrong(const struct fields *f, enum candle_column k, const char *what, struct err *e)
{
	struct text t = field(f, k);

	return err_set(e, "%s: '%.*s' %s", column_names[k], (int)(t.len > SHOWN ? SHOWN : t.len),
		t.at, what);
}

static int read_integer(const struct fields *f, enum candle_column k, int64_t *out, struct err *e)
{
	struct text t = field(f, k);
	int64_t n = 0;

	for (size_t i = 0; i < t.len; i++) {
		if (t.at[i] < '0' || t.at[i] > '9')
			return wrong(f, k, "is no whole number", e);
		if (__builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(n, t.at[i] - '0', &n))
			return wrong(f, k, "is out of range", e);
	}
	if (t.len == 0)
		return err_set(e, "%s is missing", column_names[k]);
	*out = n;
	return 0;
}

static int read_decimal(
	const struct fields *f, enum candle_column k, struct decimal *out, struct err *e)
{
	struct text t = field(f, k);
	struct decimal end;
	bool price = k <= COLUMN_CLOSE;

	if (t.len == 0)
		return err_set(e, "%s is missing", column_names[k]);
	if (decimal_parse(out, t.at, t.len) != 0 ||
		decimal_parse(&end, price ? PRICE_END : VOLUME_END,
			price ? sizeof(PRICE_END) - 1 : sizeof(VOLUME_END) - 1) != 0)
		return wrong(f, k, "is no decimal", e);
	if (out->units < 0)
		return wrong(f, k, "is negative", e);
	return decimal_cmp(out, &end) < 0 ? 0 : wrong(f, k, "is out of range", e);
}

static int read_time(const struct fields *f, struct candle_line *out, struct err *e)
{
	struct text level = field(f, COLUMN_INTERVAL);
	int64_t t = 0;

	if (level.len) {
		int found = candle_level_find(level.at, level.len);

		if (found < 0)
			return wrong(f, COLUMN_INTERVAL, "is none of 1s, 1m, 1h and 1d", e);
		out->level = (enum ladder)found;
	}
	if (read_integer(f, COLUMN_TIME, &t, e) != 0)
		return -1;
	out->candle.open_us = clock_from_exchange(t);
	if (out->candle.open_us < EARLIEST_US)
		return wrong(f, COLUMN_TIME, "is no time since July 2017", e);
	if (out->candle.open_us % ladder_width_us[out->level] != 0)
		return err_set(
			e, "open_time is not that of a candle of %s", level_names[out->level]);
	return 0;
}

static bool less(const struct decimal *a, const struct decimal *b)
{
	return decimal_cmp(a, b) < 0;
}

static int read_prices(const struct fields *f, struct candle *c, struct err *e)
{
	struct decimal *const prices[] = {&c->open, &c->high, &c->low, &c->close};

	for (int i = 0; i < 4; i++) {
		enum candle_column k = (enum candle_column)(COLUMN_OPEN + i);

		if (read_decimal(f, k, prices[i], e) != 0)
			return -1;
		if (prices[i]->units == 0)
			return wrong(f, k, "is no price", e);
	}
	if (less(&c->high, &c->low))
		return err_set(e, "high is below low");
	if (less(&c->high, &c->open) || less(&c->high, &c->close))
		return err_set(e, "high is below open or close");
	if (less(&c->open, &c->low) || less(&c->close, &c->low))
		return err_set(e, "low is above open or close");
	return 0;
}

static int read_taker(const struct fields *f, struct candle_line *out, struct err *e)
{
	struct candle *c = &out->candle;

	out->has_taker = field(f, COLUMN_TAKER_VOLUME).len || field(f, COLUMN_TAKER_QUOTE).len;
	c->taker_volume = c->taker_quote = decimal_zero;
	if (!out->has_taker)
		return 0;
	if (!c->has_volume)
		return err_set(e, "taker volumes without the volume");
	if (read_decimal(f, COLUMN_TAKER_VOLUME, &c->taker_volume, e) != 0 ||
		read_decimal(f, COLUMN_TAKER_QUOTE, &c->taker_quote, e) != 0)
		return -1;
	if (less(&c->volume, &c->taker_volume) || less(&c->quote, &c->taker_quote))
		return err_set(e, "a taker volume is above the whole");
	return 0;
}

static int read_volumes(const struct fields *f, struct candle_line *out, struct err *e)
{
	struct candle *c = &out->candle;

	c->has_volume = field(f, COLUMN_VOLUME).len || field(f, COLUMN_QUOTE).len ||
			field(f, COLUMN_TRADES).len;
	c->volume = c->quote = decimal_zero;
	if (c->has_volume) {
		if (read_decimal(f, COLUMN_VOLUME, &c->volume, e) != 0 ||
			read_decimal(f, COLUMN_QUOTE, &c->quote, e) != 0 ||
			read_integer(f, COLUMN_TRADES, &c->trades, e) != 0)
			return -1;
		if ((c->trades == 0) != (c->volume.units == 0))
			return err_set(e, "%s",
				c->trades ? "trades without a volume" : "a volume without trades");
	}
	return read_taker(f, out, e);
}

/* Whether it is a word instead of numbers. */
static bool read_order(const struct fields *f, struct candle_line *out)
{
	struct text word = field(f, COLUMN_OPEN);

	if (is(word, "remove"))
		out->order = ORDER_REMOVE;
	else if (is(word, "withdraw"))
		out->order = ORDER_WITHDRAW;
	return out->order != ORDER_CORRECT;
}

int candle_line_read(const struct candle_columns *c, enum ladder level, const char *line,
	size_t len, struct candle_line *out, struct err *e)
{
	struct fields f = {.columns = c};
	struct candle_line l = {.level = level,
		.candle = {.first_id = -1,
			.last_id = -1,
			.origin = ORIGIN_CORRECTION,
			.closed = true}};

	f.count = split(line, len, f.v);
	if (f.count > c->count)
		return err_set(e, "more than %d columns", c->count);
	if (read_time(&f, &l, e) != 0)
		return -1;
	if (!read_order(&f, &l) &&
		(read_prices(&f, &l.candle, e) != 0 || read_volumes(&f, &l, e) != 0))
		return -1;
	*out = l;
	return 0;
}
