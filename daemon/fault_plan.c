#include "fault_plan.h"
#include "clock.h"
#include <stdlib.h>
#include <string.h>

struct fault_plan {
	struct fault **faults; /* in the order in which they were asked for */
	size_t count, open;    /* open: wait or are active */
	uint64_t seed;
	int64_t last_id, base_us, now_us, frames, newest;
	bool started;
	struct fault_plan_owner owner;
};

struct fault_plan *fault_plan_new(uint64_t seed, struct fault_plan_owner owner)
{
	struct fault_plan *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->seed = seed;
	p->owner = owner;
	return p;
}

void fault_plan_free(struct fault_plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		free(p->faults[i]);
	free(p->faults);
	free(p);
}

static void turn(struct fault_plan *p, struct fault *f, enum fault_state state)
{
	f->state = state;
	if (state == FAULT_ACTIVE)
		f->began_us = p->now_us;
	p->open -= state == FAULT_DONE;
	p->owner.turned(p->owner.ctx, f);
}

/* What is over at once when it has begun. */
static bool momentary(const struct fault *f)
{
	enum fault_seam seam = fault_table[f->kind].seam;

	return seam == FAULT_EXTRA || seam == FAULT_MARKET ||
	       (seam == FAULT_CONNECTION && f->length == 0);
}

static bool due(const struct fault_plan *p, const struct fault *f)
{
	if (f->after >= 0)
		return p->frames >= f->after;
	if (f->at < 0)
		return true;
	return p->started && p->now_us - p->base_us >= (int64_t)(f->at * (double)SECOND_US);
}

static void look(struct fault_plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct fault *f = p->faults[i];

		if (f->state == FAULT_WAITING && due(p, f)) {
			turn(p, f, FAULT_ACTIVE);
			if (f->state == FAULT_ACTIVE && momentary(f))
				turn(p, f, FAULT_DONE);
		}
		if (f->state == FAULT_ACTIVE && f->length > 0 &&
			p->now_us - f->began_us >= (int64_t)(f->length * (double)SECOND_US))
			turn(p, f, FAULT_DONE);
	}
}

/* Room for `more`; of those that are done the oldest go. */
static int room_make(struct fault_plan *p, size_t more, struct err *e)
{
	struct fault **faults;
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		bool go = p->faults[i]->state == FAULT_DONE &&
			  p->count - i + kept + more > FAULT_PLAN_MAX;

		if (go)
			free(p->faults[i]);
		else
			p->faults[kept++] = p->faults[i];
	}
	p->count = kept;
	if (kept + more > FAULT_PLAN_MAX)
		return err_set(e, "more than %d faults", FAULT_PLAN_MAX);
	faults = realloc(p->faults, (kept + more + 1) * sizeof(*faults));
	if (!faults)
		return err_set(e, "no memory");
	p->faults = faults;
	return 0;
}

static int take(struct fault_plan *p, const struct fault_list *l, struct err *e)
{
	size_t before;

	if (room_make(p, l->count, e))
		return -1;
	before = p->count;
	for (size_t i = 0; i < l->count; i++) {
		struct fault *f = malloc(sizeof(*f));

		if (!f) {
			while (p->count > before)
				free(p->faults[--p->count]);
			return err_set(e, "no memory");
		}
		*f = l->items[i];
		p->faults[p->count++] = f;
	}
	for (size_t i = before; i < p->count; i++)
		p->faults[i]->id = ++p->last_id;
	p->open += l->count;
	return 0;
}

int fault_plan_add(
	struct fault_plan *p, const char *text, size_t len, int64_t ids[2], struct err *e)
{
	struct fault_list l = {0};
	int rc = fault_read(&l, text, len, &p->seed, e);

	if (rc == 0)
		rc = take(p, &l, e);
	if (rc == 0) {
		ids[0] = p->last_id - (int64_t)l.count + 1;
		ids[1] = p->last_id;
		look(p);
	}
	free(l.items);
	return rc;
}

int fault_plan_add_file(struct fault_plan *p, const char *path, struct err *e)
{
	struct fault_list l = {0};
	int rc = fault_read_file(&l, path, &p->seed, e);

	if (rc == 0)
		rc = take(p, &l, e);
	free(l.items);
	return rc;
}

void fault_plan_start(struct fault_plan *p, int64_t market_us)
{
	if (p->started)
		return;
	p->started = true;
	p->base_us = market_us;
	fault_plan_tick(p, market_us);
}

void fault_plan_tick(struct fault_plan *p, int64_t market_us)
{
	if (market_us > p->now_us)
		p->now_us = market_us;
	if (p->open > 0)
		look(p);
}

void fault_plan_frame(struct fault_plan *p)
{
	p->frames++;
}

void fault_plan_newest(struct fault_plan *p, int64_t number)
{
	p->newest = number;
}

bool fault_chosen(const struct fault_plan *p, const struct fault *f, int64_t number)
{
	return f->connection == 0 || f->connection == number ||
	       (f->connection < 0 && number == p->newest);
}

struct fault *fault_plan_strike(
	struct fault_plan *p, enum fault_seam seam, int64_t number, struct slice name)
{
	for (size_t i = 0; i < p->count && p->open > 0; i++) {
		struct fault *f = p->faults[i];

		if (f->state != FAULT_ACTIVE || fault_table[f->kind].seam != seam ||
			!fault_chosen(p, f, number) || !fault_where(f, name) ||
			(f->share < 1 && fault_chance(&p->seed) >= f->share))
			continue;
		f->hits++;
		if (f->count > 0 && f->hits == f->count)
			turn(p, f, FAULT_DONE);
		return f;
	}
	return NULL;
}

struct fault *fault_plan_active(const struct fault_plan *p, enum fault_kind kind, int64_t number)
{
	for (size_t i = 0; i < p->count && p->open > 0; i++) {
		struct fault *f = p->faults[i];

		if (f->state == FAULT_ACTIVE && f->kind == kind && fault_chosen(p, f, number))
			return f;
	}
	return NULL;
}

bool fault_plan_idle(const struct fault_plan *p)
{
	return p->open == 0;
}

size_t fault_plan_end(struct fault_plan *p, int64_t id)
{
	size_t ended = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (p->faults[i]->state == FAULT_DONE || (id && p->faults[i]->id != id))
			continue;
		turn(p, p->faults[i], FAULT_DONE);
		ended++;
	}
	return ended;
}

void fault_plan_print(const struct fault_plan *p, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < p->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		fault_print(p->faults[i], out);
	}
	buf_add_char(out, ']');
}
