#include "metrics.h"
#include <stddef.h>
#include <string.h>

/* All registered metrics, newest first. Grows only. */
static _Atomic(struct metric *) all;

static void ensure_registered(struct metric *m)
{
	if (atomic_load_explicit(&m->registered, memory_order_relaxed) ||
		atomic_exchange(&m->registered, true))
		return;
	m->next = atomic_load(&all);
	while (!atomic_compare_exchange_weak(&all, &m->next, m))
		;
}

void metric_add(struct metric *m, int64_t amount)
{
	atomic_fetch_add_explicit(&m->value, amount, memory_order_relaxed);
	ensure_registered(m);
}

void metric_set(struct metric *m, int64_t value)
{
	atomic_store_explicit(&m->value, value, memory_order_relaxed);
	ensure_registered(m);
}

void metric_max(struct metric *m, int64_t value)
{
	int64_t now = atomic_load_explicit(&m->value, memory_order_relaxed);

	while (now < value && !atomic_compare_exchange_weak_explicit(&m->value, &now, value,
				      memory_order_relaxed, memory_order_relaxed))
		;
	ensure_registered(m);
}

int64_t metric_get(struct metric *m)
{
	return atomic_load_explicit(&m->value, memory_order_relaxed);
}

/* One block for all metrics of a name: Prometheus wants them together. */
static void print_family(struct buf *out, struct metric *head, const struct metric *first)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", first->name, first->help, first->name,
		first->type);
	for (struct metric *m = head; m; m = m->next) {
		if (strcmp(m->name, first->name) != 0)
			continue;
		buf_add_str(out, m->name);
		if (*m->labels)
			buf_printf(out, "{%s}", m->labels);
		buf_add_char(out, ' ');
		buf_add_int(out, metric_get(m));
		buf_add_char(out, '\n');
	}
}

void metrics_print(struct buf *out)
{
	struct metric *head = atomic_load(&all);
	const struct metric *last = NULL;

	/* Few enough to look for the next name each time. */
	for (;;) {
		const struct metric *next = NULL;
		for (const struct metric *m = head; m; m = m->next)
			if ((!last || strcmp(m->name, last->name) > 0) &&
				(!next || strcmp(m->name, next->name) < 0))
				next = m;
		if (!next)
			return;
		print_family(out, head, next);
		last = next;
	}
}
