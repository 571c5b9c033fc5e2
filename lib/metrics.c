#include "metrics.h"
#include "clock.h"
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* All registered metrics, newest first. Grows only. */
static _Atomic(struct metric *) all;

const int64_t metric_buckets_latency[] = {250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000,
	250000, 500000, 1000000, 1500000, 2500000, 5000000, 10000000, 30000000, 60000000, 0};

static void link_up(struct metric *m)
{
	m->next = atomic_load(&all);
	while (!atomic_compare_exchange_weak(&all, &m->next, m))
		;
}

static void ensure_registered(struct metric *m)
{
	if (atomic_load_explicit(&m->registered, memory_order_relaxed) ||
		atomic_exchange(&m->registered, true))
		return;
	link_up(m);
}

static bool is_inside_character(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* label="value", escaped as the text format asks; never cut within a character, which would be no UTF-8. */
static void print_label(char out[METRIC_LABELS_SIZE], const char *label, const char *value)
{
	size_t n = (size_t)snprintf(out, METRIC_LABELS_SIZE, "%s=\"", label);
	const char *p = value;

	for (; *p && n < METRIC_LABELS_SIZE - 4; p++) {
		if (*p == '\\' || *p == '"' || *p == '\n')
			out[n++] = '\\';
		out[n++] = *p == '\n' ? 'n' : *p;
	}
	if (is_inside_character(*p)) {
		while (is_inside_character(out[n - 1]))
			n--;
		n--;
	}
	out[n++] = '"';
	out[n] = '\0';
}

static void fill(struct metric_family *f, size_t i, const char *value)
{
	struct metric *m = &f->members[i];

	m->name = f->like.name;
	m->help = f->like.help;
	m->type = f->like.type;
	m->unit = f->like.unit;
	print_label(f->labels[i], f->label, value);
	m->labels = f->labels[i];
	if (f->histograms) {
		f->histograms[i].bounds_us = f->bounds_us;
		m->histogram = &f->histograms[i];
	}
}

struct metric *metric_of(struct metric_family *f, size_t i, const char *value)
{
	static pthread_mutex_t first_use = PTHREAD_MUTEX_INITIALIZER;
	struct metric *m = &f->members[i];

	assert(i < f->count);
	if (atomic_load_explicit(&m->registered, memory_order_acquire))
		return m;
	pthread_mutex_lock(&first_use);
	if (!atomic_load(&m->registered)) {
		fill(f, i, value);
		link_up(m);
		atomic_store_explicit(&m->registered, true, memory_order_release);
	}
	pthread_mutex_unlock(&first_use);
	return m;
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

void metric_observe_many_us(struct metric *m, int64_t us, int64_t count)
{
	struct metric_histogram *h = m->histogram;
	size_t i = 0;

	if (us < 0)
		us = 0;
	while (h->bounds_us[i] && us > h->bounds_us[i])
		i++;
	atomic_fetch_add_explicit(&h->buckets[i], count, memory_order_relaxed);
	atomic_fetch_add_explicit(&h->sum_us, us * count, memory_order_relaxed);
	ensure_registered(m);
}

void metric_observe_us(struct metric *m, int64_t us)
{
	metric_observe_many_us(m, us, 1);
}

int64_t metric_observed(struct metric *m)
{
	int64_t count = 0;

	for (size_t i = 0; i <= METRIC_BUCKETS_MAX; i++)
		count += atomic_load_explicit(&m->histogram->buckets[i], memory_order_relaxed);
	return count;
}

static void print_seconds(struct buf *out, int64_t us)
{
	uint64_t size = us < 0 ? -(uint64_t)us : (uint64_t)us;

	buf_printf(out, "%s%llu.%06llu", us < 0 ? "-" : "", (unsigned long long)(size / SECOND_US),
		(unsigned long long)(size % SECOND_US));
}

static void print_number(struct buf *out, enum metric_unit unit, int64_t value)
{
	switch (unit) {
	case METRIC_NUMBER:
		buf_add_int(out, value);
		return;
	case METRIC_US:
		print_seconds(out, value);
		return;
	case METRIC_AGE:
		print_seconds(out, clock_mono_us() - value);
		return;
	}
}

static void print_bucket(struct buf *out, const struct metric *m, int64_t bound_us, int64_t count)
{
	buf_printf(out, "%s_bucket{%s%sle=\"", m->name, m->labels, *m->labels ? "," : "");
	if (bound_us)
		/* Bounds are whole multiples of 10 µs: %g shows them exactly. */
		buf_printf(out, "%.10g", (double)bound_us / (double)SECOND_US);
	else
		buf_add_str(out, "+Inf");
	buf_printf(out, "\"} %lld\n", (long long)count);
}

static void print_part(struct buf *out, const struct metric *m, const char *suffix)
{
	buf_printf(out, "%s%s", m->name, suffix);
	if (*m->labels)
		buf_printf(out, "{%s}", m->labels);
	buf_add_char(out, ' ');
}

/* The count is that of the buckets as they were read, so that the text agrees with itself. */
static void print_histogram(struct buf *out, struct metric *m)
{
	struct metric_histogram *h = m->histogram;
	int64_t count = 0;
	size_t i = 0;

	do {
		count += atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
		print_bucket(out, m, h->bounds_us[i], count);
	} while (h->bounds_us[i++]);
	print_part(out, m, "_sum");
	print_seconds(out, atomic_load_explicit(&h->sum_us, memory_order_relaxed));
	buf_add_char(out, '\n');
	print_part(out, m, "_count");
	buf_add_int(out, count);
	buf_add_char(out, '\n');
}

static void print_metric(struct buf *out, struct metric *m)
{
	if (m->histogram) {
		print_histogram(out, m);
		return;
	}
	print_part(out, m, "");
	print_number(out, m->unit, metric_get(m));
	buf_add_char(out, '\n');
}

/* One block for all metrics of a name: Prometheus wants them together. */
static void print_family(struct buf *out, struct metric *head, const struct metric *first)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", first->name, first->help, first->name,
		first->type);
	for (struct metric *m = head; m; m = m->next)
		if (strcmp(m->name, first->name) == 0)
			print_metric(out, m);
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
