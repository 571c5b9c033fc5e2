/* Whatever a websocket client sends, it gets one answer that is JSON, and no more streams than the limit. */
#include "daemon/exchange_request.h"
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void wake(struct hub_client *c)
{
	(void)c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hub *h = hub_new(1000, false, wake);
	struct hub_client c = {.combined = true};
	struct json_object *answer;
	struct buf out;

	buf_init(&out, 1 << 20);
	hub_join(h, &c);
	for (int i = 0; i < 2; i++) { /* the second time all is subscribed already */
		buf_reset(&out);
		exchange_request(h, &c, (const char *)data, len, &out);
		answer = out.failed ? NULL : json_tokener_parse(out.data);
		if (!json_object_is_type(answer, json_type_object) ||
			c.stream_count > HUB_STREAMS_MAX)
			abort();
		json_object_put(answer);
	}
	hub_leave(h, &c);
	hub_free(h);
	buf_done(&out);
	return 0;
}
