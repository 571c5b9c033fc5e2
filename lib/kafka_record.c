#include "kafka_record.h"
#include "control.h"
#include <librdkafka/rdkafka.h>
#include <string.h>

#define RECEIVED_HEADER "received_us"
#define STATED_HEADER "stated_us"

static int64_t number_of(const void *bytes, size_t size)
{
	const char *p = bytes;
	int64_t number = 0;

	for (; size > 0; p++, size--)
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(number, 10, &number) ||
			__builtin_add_overflow(number, *p - '0', &number))
			return 0;
	return number;
}

static void read_headers(struct kafka_record *r, rd_kafka_message_t *m)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *value;
	size_t size;

	if (rd_kafka_message_headers(m, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return;
	for (size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; i++) {
		if (strcmp(name, RECEIVED_HEADER) == 0)
			r->received_us = value ? number_of(value, size) : 0;
		else if (strcmp(name, STATED_HEADER) == 0)
			r->stated_us = value ? number_of(value, size) : 0;
		else if (strcmp(name, CONTROL_HEADER) == 0)
			r->is_control = true;
	}
}

void kafka_record_fill(struct kafka_record *r, rd_kafka_message_t *m, int tag)
{
	*r = (struct kafka_record){
		.tag = tag,
		.partition = m->partition,
		.offset = m->offset,
		.produced_ms = rd_kafka_message_timestamp(m, NULL),
		.key = m->key,
		.key_len = m->key_len,
		.value = m->payload,
		.value_len = m->len,
	};
	read_headers(r, m);
}
