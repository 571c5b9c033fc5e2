#include "kafka_offsets.h"

int kafka_offsets_query(
	rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list, int timeout_ms, struct err *e)
{
	rd_kafka_resp_err_t err = rd_kafka_offsets_for_times(rk, list, timeout_ms);

	if (err)
		return err_set(e, "no offsets: %s", rd_kafka_err2str(err));
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *p = &list->elems[i];
		if (p->err)
			return err_set(e, "no offset of '%s' [%d]: %s", p->topic, p->partition,
				rd_kafka_err2str(p->err));
	}
	return 0;
}

int kafka_offsets_watermarks(rd_kafka_t *rk, const rd_kafka_topic_partition_t *of, int timeout_ms,
	int64_t low_high[2], struct err *e)
{
	static const int64_t ends[2] = {RD_KAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_END};
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_t *p =
		rd_kafka_topic_partition_list_add(list, of->topic, of->partition);
	int64_t found[2];
	int rc = 0;

	for (int i = 0; rc == 0 && i < 2; i++) {
		p->offset = ends[i];
		rc = kafka_offsets_query(rk, list, timeout_ms / 2, e);
		found[i] = p->offset;
	}
	if (rc == 0) {
		low_high[0] = found[0];
		low_high[1] = found[1];
	} else {
		err_wrap(e, "'%s' [%d]", of->topic, of->partition);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}
