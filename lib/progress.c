#include "progress.h"
#include <stdatomic.h>

static struct {
	_Atomic int64_t advanced_us, waiting_us, behind_us;
	_Atomic int why;
} parts[PROGRESS_COUNT];

void progress_report(enum progress part, int64_t mono_us)
{
	atomic_store_explicit(&parts[part].advanced_us, mono_us, memory_order_relaxed);
	atomic_store_explicit(&parts[part].why, WAIT_NONE, memory_order_relaxed);
}

void progress_wait(enum progress part, enum progress_wait why, int64_t mono_us)
{
	atomic_store_explicit(&parts[part].waiting_us, mono_us, memory_order_relaxed);
	atomic_store_explicit(&parts[part].why, (int)why, memory_order_relaxed);
}

void progress_behind(enum progress part, int64_t us)
{
	atomic_store_explicit(&parts[part].behind_us, us, memory_order_relaxed);
}

struct progress_state progress_get(enum progress part)
{
	return (struct progress_state){
		.behind_us = atomic_load_explicit(&parts[part].behind_us, memory_order_relaxed),
		.advanced_us = atomic_load_explicit(&parts[part].advanced_us, memory_order_relaxed),
		.waiting_us = atomic_load_explicit(&parts[part].waiting_us, memory_order_relaxed),
		.why = (enum progress_wait)atomic_load_explicit(
			&parts[part].why, memory_order_relaxed)};
}

const char *progress_name(enum progress part)
{
	static const char *const names[PROGRESS_COUNT] = {"feed", "kafka", "sink"};

	return names[part];
}

const char *progress_wait_name(enum progress_wait why)
{
	static const char *const names[] = {
		"", "exchange", "kafka", "database", "records", "standby", "ended"};

	return names[why];
}
