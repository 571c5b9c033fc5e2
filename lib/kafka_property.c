#include "kafka_property.h"
#include <librdkafka/rdkafka.h>

int kafka_property_check(const char *key, const char *value, struct err *e)
{
	char why[ERR_TEXT_SIZE];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, key, value, why, sizeof(why));

	rd_kafka_conf_destroy(conf);
	return result == RD_KAFKA_CONF_OK ? 0 : err_set(e, "%s", why);
}
