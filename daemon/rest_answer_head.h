/*
 * rest_answer_head: what a REST answer's header lines say of pacing. Passive value; any thread.
 *
 * The weight comes as X-MBX-USED-WEIGHT-1M, in any case; without the interval where a proxy or an older host wrote it. Other intervals
 * (-10S, -1H) are not what the limit counts and are passed over.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct rest_answer_head {
	int used_weight;       /* -1: not said */
	int64_t retry_after_s; /* 0: not said, or not in seconds */
};

void rest_answer_head_reset(struct rest_answer_head *h);
/* One line as received, with or without its line end. A status line begins a new answer (behind "100 Continue", or a proxy's). */
void rest_answer_head_line(struct rest_answer_head *h, const char *line, size_t len);
