#include "topic.h"
#include <stdio.h>

void topic_of_stream(
	char out[TOPIC_NAME_SIZE], const char *prefix, const char *venue, enum stream_kind kind)
{
	snprintf(out, TOPIC_NAME_SIZE, "%s.%s.%s", prefix, venue, stream_table[kind].name);
}

void topic_of_history(
	char out[TOPIC_NAME_SIZE], const char *prefix, const char *venue, enum stream_kind kind)
{
	snprintf(out, TOPIC_NAME_SIZE, "%s.%s.%s", prefix, venue, stream_table[kind].history);
}

void topic_of_meta(char out[TOPIC_NAME_SIZE], const char *prefix, const char *venue)
{
	snprintf(out, TOPIC_NAME_SIZE, "%s.%s.meta", prefix, venue);
}

/* MurmurHash2 (A. Appleby, public domain), 32 bits, with Kafka's seed. */
static uint32_t murmur2(const unsigned char *key, size_t len)
{
	const uint32_t m = 0x5bd1e995;
	uint32_t h = 0x9747b28c ^ (uint32_t)len;

	for (; len >= 4; key += 4, len -= 4) {
		uint32_t k = key[0] | (uint32_t)key[1] << 8 | (uint32_t)key[2] << 16 |
			     (uint32_t)key[3] << 24;
		k *= m;
		k ^= k >> 24;
		k *= m;
		h *= m;
		h ^= k;
	}
	if (len >= 3)
		h ^= (uint32_t)key[2] << 16;
	if (len >= 2)
		h ^= (uint32_t)key[1] << 8;
	if (len >= 1) {
		h ^= key[0];
		h *= m;
	}
	h ^= h >> 13;
	h *= m;
	h ^= h >> 15;
	return h;
}

int topic_partition(const char *symbol, size_t len)
{
	/* Kafka clears the sign bit before the modulo. */
	return (int)((murmur2((const unsigned char *)symbol, len) & 0x7fffffff) % TOPIC_PARTITIONS);
}
