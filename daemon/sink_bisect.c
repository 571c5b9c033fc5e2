#include "sink_bisect.h"

#include "log.h"

#include <stdio.h>

void sink_bisect_init(struct sink_bisect *s, size_t full)
{
	*s = (struct sink_bisect){.full = full, .limit = full};
}

void sink_bisect_done(struct sink_bisect *s)
{
	sink_refused_done(&s->refused);
}

void sink_bisect_committed(struct sink_bisect *s, size_t records)
{
	if (s->suspects > records) {
		s->suspects -= records;
		return;
	}
	s->suspects = 0;
	/* Bad records come in flocks: by and by. */
	s->limit = s->limit < s->full / 2 ? s->limit * 2 : s->full;
}

int sink_bisect_refused(
	struct sink_bisect *s, const struct sink_batch *b, const char *reason, struct err *e)
{
	const struct refused_record *r = &b->first;

	if (b->records > 1) {
		s->limit = b->records / 2;
		s->suspects = b->records;
		log_warn("sink_refused", "records=%zu action=\"by halves\" reason=\"%s\"",
			b->records, reason);
		return 0;
	}
	if (b->first_is_control)
		return err_set(e, "with a control record, %s [%d] at %lld: %s",
			stream_table[r->stream].name, r->partition, (long long)r->offset, reason);
	snprintf(
		s->refused.reason, sizeof s->refused.reason, "the database refuses it: %s", reason);
	s->suspects = 0;
	return sink_refused_add(&s->refused, r, e);
}
