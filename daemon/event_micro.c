#include "event_micro.h"
#include <string.h>

static void micro_add(struct buf *out, struct slice object, bool kline)
{
	struct json_members m;
	struct slice key, value;
	const char *at = object.data;
	int64_t number;

	if (!json_members_begin(&m, object)) {
		buf_add(out, object.data, object.len);
		return;
	}
	while (json_members_next(&m, &key, &value)) {
		bool time = slice_is(key, "T") || slice_is(key, kline ? "t" : "E");

		if (!kline && slice_is(key, "k")) {
			buf_add(out, at, (size_t)(value.data - at));
			micro_add(out, value, true);
			at = value.data + value.len;
		} else if (time && json_integer(value, &number)) {
			buf_add(out, at, (size_t)(value.data + value.len - at));
			buf_add_str(out, "000");
			at = value.data + value.len;
		}
	}
	buf_add(out, at, (size_t)(object.data + object.len - at));
}

void event_micro_add(struct buf *out, struct slice object)
{
	struct json_members m;
	const char *at = object.data;
	struct slice element;

	if (!json_elements_begin(&m, object)) {
		micro_add(out, object, false);
		return;
	}
	while (json_elements_next(&m, &element)) {
		buf_add(out, at, (size_t)(element.data - at));
		micro_add(out, element, false);
		at = element.data + element.len;
	}
	buf_add(out, at, (size_t)(object.data + object.len - at));
}
