#include "fault_frames.h"
#include "clock.h"
#include "fault_wire.h"
#include <stdlib.h>
#include <string.h>

#define RECORD_BYTES_MAX (20u << 20)
#define HELD_MAX 100000 /* of one connection; then the oldest are let go */

struct fault_held { /* a frame held back for a connection */
	struct fault_held *next;
	struct message *message;
	int64_t due_us; /* MARKET_NEVER: it waits for frames, or for the fault's end */
	int64_t behind; /* so many frames more; 0: not counted */
	int64_t fault;
	size_t record_len;
	char record[]; /* of the truth file */
};

struct fault_frames {
	struct hub *hub;
	struct fault_plan *plan;
	struct truth *truth;
	int64_t at_us;
	struct buf record;
};

struct fault_frames *fault_frames_new(struct hub *h, struct fault_plan *plan, struct truth *truth)
{
	struct fault_frames *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->hub = h;
	f->plan = plan;
	f->truth = truth;
	buf_init(&f->record, RECORD_BYTES_MAX);
	return f;
}

void fault_frames_free(struct fault_frames *f)
{
	if (!f)
		return;
	buf_done(&f->record);
	free(f);
}

static void tell(
	struct fault_frames *f, const char *word, const struct hub_client *c, struct slice record)
{
	if (f->truth)
		truth_record(f->truth, word, f->at_us, c->number, record);
}

/* What the truth file says of a frame that fault `kind` of number `id` has struck. */
static struct slice record_make(
	struct fault_frames *f, const struct fault *fault, const struct market_event *ev)
{
	const struct slice *event = ev->object.data ? &ev->object : &ev->frame;

	buf_reset(&f->record);
	buf_printf(&f->record, "{\"fault\":%lld,\"kind\":\"%s\",\"stream\":", (long long)fault->id,
		fault_table[fault->kind].name);
	if (ev->name.data)
		buf_add_json(&f->record, ev->name.data, ev->name.len);
	else
		buf_add_str(&f->record, "null");
	buf_add_str(&f->record, ",\"event\":");
	if (ev->object.data)
		buf_add(&f->record, event->data, event->len);
	else
		buf_add_json(&f->record, event->data, event->len);
	buf_add_char(&f->record, '}');
	return (struct slice){f->record.data, f->record.len};
}

static void held_free(struct fault_held *h)
{
	message_release(h->message);
	free(h);
}

/* Takes `*at` out of its list and sends it. */
static void let_go(struct fault_frames *f, struct hub_client *c, struct fault_held **at)
{
	struct fault_held *h = *at;

	*at = h->next;
	c->held_count--;
	hub_send(f->hub, c, h->message);
	held_free(h);
}

/* Of one connection, in the order in which they were held back. */
static void release(
	struct fault_frames *f, struct hub_client *c, const struct fault *done, bool all)
{
	struct fault_held **at = &c->held;

	while (*at) {
		if (all || (*at)->due_us <= f->at_us || (done && (*at)->fault == done->id))
			let_go(f, c, at);
		else
			at = &(*at)->next;
	}
}

void fault_frames_release(struct fault_frames *f, int64_t market_us, const struct fault *done)
{
	if (market_us > f->at_us)
		f->at_us = market_us;
	for (struct hub_client *c = hub_first(f->hub); c; c = c->next)
		release(f, c, done, false);
}

void fault_frames_leave(struct fault_frames *f, struct hub_client *c)
{
	while (c->held) {
		struct fault_held *h = c->held;

		c->held = h->next;
		tell(f, "lost", c, (struct slice){h->record, h->record_len});
		held_free(h);
	}
	c->held_count = 0;
}

/* Holds a frame back. False: no memory; it is sent as it should. */
static bool hold(struct fault_frames *f, struct hub_client *c, const struct fault *fault,
	struct message *m, struct slice record)
{
	struct fault_held *h = malloc(sizeof(*h) + record.len), **at = &c->held;

	if (!h)
		return false;
	*h = (struct fault_held){.message = message_keep(m),
		.due_us = MARKET_NEVER,
		.fault = fault->id,
		.record_len = record.len};
	memcpy(h->record, record.data, record.len);
	if (fault->kind == FAULT_LATE)
		h->due_us = f->at_us + (int64_t)(fault->numbers[0] * (double)SECOND_US);
	if (fault->kind == FAULT_DISORDER)
		h->behind = (int64_t)fault->numbers[0];
	while (*at)
		at = &(*at)->next;
	*at = h;
	if (++c->held_count > HELD_MAX)
		let_go(f, c, &c->held);
	tell(f,
		fault->kind == FAULT_LATE       ? "late"
		: fault->kind == FAULT_DISORDER ? "moved"
						: "held",
		c, record);
	return true;
}

static void send_form(struct fault_frames *f, struct hub_client *c, const struct fault *fault,
	struct message *m, struct slice record)
{
	bool readable = fault->kind == FAULT_FRAGMENTS || fault->kind == FAULT_CHUNKS ||
			fault->kind == FAULT_MEMBER;
	bool extra = !readable && fault->numbers[0] > 0;
	struct message *form =
		fault->kind == FAULT_MEMBER ? fault_wire_member(m) : fault_wire_form(fault, m);

	if (form)
		form->data = readable;
	tell(f, readable ? "form" : extra ? "extra" : "altered", c, record);
	hub_send(f->hub, c, form);
	message_release(form);
	if (extra)
		hub_send(f->hub, c, m);
}

/* Frames that are to follow so many others count this one. */
static void passed(struct fault_frames *f, struct hub_client *c, struct message *m)
{
	struct fault_held **at = &c->held;

	hub_send(f->hub, c, m);
	while (*at) {
		if ((*at)->behind > 0 && --(*at)->behind == 0)
			let_go(f, c, at);
		else
			at = &(*at)->next;
	}
}

static void strike(struct fault_frames *f, struct hub_client *c, struct fault *fault,
	const struct market_event *ev, struct message *m)
{
	struct slice record = record_make(f, fault, ev);

	switch ((int)fault->kind) {
	case FAULT_MUTE:
	case FAULT_SILENCE:
		tell(f, "lost", c, record);
		return;
	case FAULT_DUPLICATE:
		tell(f, "twice", c, record);
		for (int n = 0; n < (int)fault->numbers[0]; n++)
			passed(f, c, m);
		return;
	case FAULT_BURST:
		/* Its last hit has ended it, and what was held went ahead. */
		if (fault->state == FAULT_DONE || !hold(f, c, fault, m, record))
			passed(f, c, m);
		return;
	case FAULT_LATE:
	case FAULT_DISORDER:
		if (!hold(f, c, fault, m, record))
			passed(f, c, m);
		return;
	default:
		send_form(f, c, fault, m, record);
	}
}

static bool filter_take(
	void *ctx, struct hub_client *c, const struct market_event *ev, struct message *m)
{
	struct fault_frames *f = ctx;
	struct fault *fault;

	if (ev->everyone || !m)
		return false;
	fault = fault_plan_active(f->plan, FAULT_SILENCE, c->number);
	if (fault)
		fault->hits++;
	else
		fault = fault_plan_strike(f->plan, FAULT_FRAME, c->number, ev->name);
	if (fault)
		strike(f, c, fault, ev, m);
	else if (c->held) {
		passed(f, c, m);
		return true;
	}
	return fault;
}

/* In front of all that goes out of an event. */
static void filter_begin(void *ctx, const struct market_event *ev)
{
	struct fault_frames *f = ctx;

	f->at_us = ev->at_us;
	fault_plan_tick(f->plan, ev->at_us);
	if (ev->everyone) {
		for (struct hub_client *c = hub_first(f->hub); c; c = c->next)
			release(f, c, NULL, true);
		return;
	}
	fault_plan_frame(f->plan);
	for (struct hub_client *c = hub_first(f->hub); c; c = c->next) {
		if (c->held)
			release(f, c, NULL, false);
	}
}

struct hub_filter fault_frames_filter(struct fault_frames *f)
{
	return (struct hub_filter){.ctx = f, .begin = filter_begin, .take = filter_take};
}
