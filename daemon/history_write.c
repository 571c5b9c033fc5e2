#include "history_write.h"
#include <stddef.h>

#define WAIT_MS 100

int history_write_init(
	struct history_write *w, const struct settings *s, const char *source, struct err *e)
{
	*w = (struct history_write){.pg = NULL};
	w->pg = pg_new(settings_text(s, "postgres", "collector"), "pricegraph history");
	if (!w->pg)
		return err_set(e, "no memory for a connection");
	w->out = history_out_new(s, source, e);
	if (w->out)
		w->ahead = history_ahead_new(s, e);
	if (w->ahead)
		return 0;
	history_write_done(w);
	return -1;
}

void history_write_done(struct history_write *w)
{
	history_out_free(w->out);
	history_ahead_free(w->ahead);
	pg_free(w->pg);
	*w = (struct history_write){.pg = NULL};
}

/* True: the owner wants to stop. */
static bool wait_a_little(struct history_write *w)
{
	if (w->stopping && w->stopping(w->arg))
		return true;
	history_out_poll(w->out, WAIT_MS);
	return false;
}

enum history_written history_write_room(
	struct history_write *w, enum stream_kind kind, struct err *e)
{
	for (;;) {
		const struct history_sent out = {
			history_out_sent(w->out), history_out_acknowledged(w->out)};
		int room = history_ahead_room(w->ahead, w->pg, kind, &out, e);
		if (room != 0)
			return room > 0 ? HISTORY_WRITTEN : HISTORY_FAILED;
		if (wait_a_little(w))
			return HISTORY_STOPPED;
	}
}

static enum history_written judge(struct history_write *w, enum kafka_sent sent, struct err *e)
{
	switch (sent) {
	case KAFKA_SENT:
		return HISTORY_WRITTEN;
	case KAFKA_FULL:
		break;
	case KAFKA_REFUSED:
		err_set(e, "Kafka refuses a record: %s", history_out_reason(w->out));
		return HISTORY_FAILED;
	case KAFKA_DEAD:
		break;
	}
	err_set(e, "%s", history_out_reason(w->out));
	return HISTORY_DEAD;
}

enum history_written history_write_row(struct history_write *w, const char *symbol,
	const struct history_row *row, int64_t stated_us, struct err *e)
{
	enum kafka_sent sent;

	while ((sent = history_out_row(w->out, symbol, row, stated_us)) == KAFKA_FULL)
		if (wait_a_little(w))
			return HISTORY_STOPPED;
	return judge(w, sent, e);
}

enum history_written history_write_fill(
	struct history_write *w, const struct fill *f, struct err *e)
{
	enum kafka_sent sent;

	while ((sent = history_out_fill(w->out, f)) == KAFKA_FULL)
		if (wait_a_little(w))
			return HISTORY_STOPPED;
	return judge(w, sent, e);
}

enum history_written history_write_given(
	struct history_write *w, const struct given *g, struct err *e)
{
	enum kafka_sent sent;

	while ((sent = history_out_given(w->out, g)) == KAFKA_FULL)
		if (wait_a_little(w))
			return HISTORY_STOPPED;
	return judge(w, sent, e);
}

enum history_written history_write_flush(struct history_write *w, struct err *e)
{
	while (history_out_acknowledged(w->out) < history_out_sent(w->out)) {
		if (history_out_dead(w->out))
			return judge(w, KAFKA_DEAD, e);
		if (wait_a_little(w))
			return HISTORY_STOPPED;
	}
	return HISTORY_WRITTEN;
}

int history_write_revive(struct history_write *w, struct err *e)
{
	return history_out_revive(w->out, e);
}
