/*
 * The bare librdkafka producer that the feed is measured against; it also fills topics for the sink.
 *
 *     produce <bootstrap.servers> <topic prefix> <file> [records a second]
 *
 * A line of the file is `<stream>\t<partition or -1>\t<symbol>\t<value>`, a control record if the symbol is empty. Control
 * records before the first event are sent and acknowledged first; then time is taken from the first record to the last
 * acknowledgement. Prints `records=N us=N cpu_us=N`. The settings of librdkafka are those of lib/kafka_producer.c.
 */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOPICS_MAX 8
#define FLUSH_MS 60000
#define HEADERS 3

struct line {
	rd_kafka_topic_t *topic;
	int32_t partition;
	const char *key, *value;
	size_t key_len, value_len;
};

struct producer {
	rd_kafka_t *rk;
	rd_kafka_topic_t *topics[TOPICS_MAX];
	size_t failed;
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "produce: %s: %s\n", what, why);
	exit(1);
}

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct producer *p = opaque;

	(void)rk;
	p->failed += m->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void open_producer(struct producer *p, const char *servers)
{
	static const char *const properties[][2] = {
		{"enable.idempotence", "true"},
		{"acks", "all"},
		{"linger.ms", "1"},
		{"compression.type", "lz4"},
		{"partitioner", "murmur2"},
		{"queue.buffering.max.kbytes", "262144"},
		{"queue.buffering.max.messages", "0"},
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[512];

	if (rd_kafka_conf_set(conf, "bootstrap.servers", servers, why, sizeof(why)))
		fail(servers, why);
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (rd_kafka_conf_set(conf, properties[i][0], properties[i][1], why, sizeof(why)))
			fail(properties[i][0], why);
	rd_kafka_conf_set_opaque(conf, p);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!p->rk)
		fail("producer", why);
}

static rd_kafka_topic_t *topic_of(struct producer *p, const char *prefix, const char *stream)
{
	char name[200];
	size_t i = 0;

	snprintf(name, sizeof(name), "%s.%s", prefix, stream);
	while (p->topics[i] && strcmp(rd_kafka_topic_name(p->topics[i]), name) != 0)
		i++;
	if (!p->topics[i]) {
		if (i == TOPICS_MAX - 1)
			fail(name, "too many topics");
		p->topics[i] = rd_kafka_topic_new(p->rk, name, NULL);
	}
	return p->topics[i];
}

/* The whole file, NUL-terminated. */
static char *read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	long size;

	if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0)
		fail(path, "cannot read");
	rewind(f);
	text = malloc((size_t)size + 1);
	if (!text || fread(text, 1, (size_t)size, f) != (size_t)size)
		fail(path, "cannot read all");
	fclose(f);
	text[size] = '\0';
	return text;
}

/* The next field, which ends with `end`; both ends are cut there. */
static char *field(char **at, char end)
{
	char *start = *at, *stop = strchr(start, end);

	if (!stop)
		fail("line", "a field is missing");
	*stop = '\0';
	*at = stop + 1;
	return start;
}

static struct line *read_lines(struct producer *p, const char *prefix, char *text, size_t *count)
{
	struct line *lines = NULL;
	size_t room = 0, n = 0;

	while (*text) {
		if (n == room) {
			room = room ? room * 2 : 1 << 16;
			lines = realloc(lines, room * sizeof(*lines));
			if (!lines)
				fail("lines", "no memory");
		}
		struct line *l = &lines[n++];
		l->topic = topic_of(p, prefix, field(&text, '\t'));
		l->partition = (int32_t)strtol(field(&text, '\t'), NULL, 10);
		l->key = field(&text, '\t');
		l->key_len = strlen(l->key);
		l->value = field(&text, '\n');
		l->value_len = strlen(l->value);
	}
	*count = n;
	return lines;
}

static bool is_control(const struct line *l)
{
	return l->key_len == 0;
}

static rd_kafka_headers_t *headers_of(const struct line *l)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(HEADERS);

	if (is_control(l)) {
		rd_kafka_header_add(headers, "control", -1, "alive", -1);
	} else {
		rd_kafka_header_add(headers, "received_us", -1, "1700000000000000", -1);
		rd_kafka_header_add(headers, "source", -1, "ws", -1);
	}
	rd_kafka_header_add(headers, "collector", -1, "bench", -1);
	return headers;
}

static void send_line(struct producer *p, const struct line *l)
{
	for (;;) {
		rd_kafka_headers_t *headers = headers_of(l);
		rd_kafka_resp_err_t err = rd_kafka_producev(p->rk, RD_KAFKA_V_RKT(l->topic),
			RD_KAFKA_V_PARTITION(l->partition),
			RD_KAFKA_V_KEY(is_control(l) ? NULL : l->key, l->key_len),
			RD_KAFKA_V_VALUE((void *)l->value, l->value_len),
			RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_HEADERS(headers),
			RD_KAFKA_V_END);
		if (!err)
			return;
		rd_kafka_headers_destroy(headers);
		if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			fail("record", rd_kafka_err2str(err));
		rd_kafka_poll(p->rk, 10);
	}
}

#define PORTION 256 /* records that go at once */

/* Until a record's time has come; rate 0: at once. */
static void pace(int64_t began_us, size_t i, int64_t rate)
{
	int64_t wait_us =
		rate > 0 ? began_us + (int64_t)i * 1000000 / rate - now_us(CLOCK_MONOTONIC) : 0;

	if (wait_us > 0)
		nanosleep(&(struct timespec){wait_us / 1000000, wait_us % 1000000 * 1000}, NULL);
}

static void send_all(struct producer *p, const struct line *lines, size_t count, int64_t rate)
{
	int64_t began_us = now_us(CLOCK_MONOTONIC);

	for (size_t i = 0; i < count; i++) {
		send_line(p, &lines[i]);
		if (i % PORTION == 0) {
			rd_kafka_poll(p->rk, 0);
			pace(began_us, i, rate);
		}
	}
	rd_kafka_flush(p->rk, FLUSH_MS);
	if (rd_kafka_outq_len(p->rk) || p->failed)
		fail("records", "not all were acknowledged");
}

int main(int argc, char **argv)
{
	struct producer p = {0};
	size_t count, first = 0;

	if (argc < 4 || argc > 5)
		fail("usage",
			"produce <bootstrap.servers> <topic prefix> <file> [records a second]");
	open_producer(&p, argv[1]);
	char *text = read_file(argv[3]);
	struct line *lines = read_lines(&p, argv[2], text, &count);
	while (first < count && is_control(&lines[first]))
		first++;
	send_all(&p, lines, first, 0);
	int64_t began_us = now_us(CLOCK_MONOTONIC), cpu_us = now_us(CLOCK_PROCESS_CPUTIME_ID);
	send_all(&p, lines + first, count - first, argc == 5 ? strtoll(argv[4], NULL, 10) : 0);
	printf("records=%zu us=%lld cpu_us=%lld\n", count - first,
		(long long)(now_us(CLOCK_MONOTONIC) - began_us),
		(long long)(now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us));
	for (size_t i = 0; p.topics[i]; i++)
		rd_kafka_topic_destroy(p.topics[i]);
	rd_kafka_destroy(p.rk);
	free(lines);
	free(text);
	return 0;
}
