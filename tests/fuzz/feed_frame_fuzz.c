/* What the frame scanner takes, json-c must take too, and read the same event in the slice as in the whole frame. */
#include "daemon/feed_frame.h"
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct json_object *parse(const char *bytes, size_t len)
{
	struct json_tokener *t = json_tokener_new_ex(2 * JSON_SCAN_DEPTH);
	json_tokener_set_flags(t, JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *object = json_tokener_parse_ex(t, bytes, (int)len);
	enum json_tokener_error error = json_tokener_get_error(t);

	/* A number at the end of the text may have more digits to come. */
	if (error == json_tokener_continue) {
		object = json_tokener_parse_ex(t, "", 1);
		error = json_tokener_get_error(t);
	}
	if (error != json_tokener_success)
		abort();
	json_tokener_free(t);
	return object;
}

static void check_event(const struct feed_frame *f, struct json_object *whole)
{
	struct json_object *inside = NULL, *symbol = NULL;
	struct json_object *slice = parse(f->data.at, f->data.len);

	if (!json_object_is_type(slice, json_type_object))
		abort();
	if (json_object_object_get_ex(whole, "stream", NULL))
		json_object_object_get_ex(whole, "data", &inside);
	if (!json_object_equal(slice, inside ? inside : whole))
		abort();
	if (!json_object_object_get_ex(slice, "s", &symbol) ||
		strcmp(json_object_get_string(symbol), f->symbol) != 0 ||
		strlen(f->symbol) != f->symbol_len || f->symbol_len >= SYMBOL_SIZE)
		abort();
	json_object_put(slice);
}

/* Its elements are those that json-c finds, one behind the other. */
static void check_array(const struct feed_frame *f, struct json_object *whole)
{
	struct json_object *inside = whole;
	struct json_value rest = f->data, element;
	size_t count = 0;

	if (json_object_is_type(whole, json_type_object) &&
		!json_object_object_get_ex(whole, "data", &inside))
		abort();
	if (!json_object_is_type(inside, json_type_array))
		abort();
	for (; json_scan_element(&rest, &element); count++) {
		struct json_object *slice = parse(element.at, element.len);
		if (!json_object_equal(slice, json_object_array_get_idx(inside, count)))
			abort();
		json_object_put(slice);
	}
	if (count != json_object_array_length(inside))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct feed_frame f;
	char *bytes = malloc(len ? len : 1); /* ends where the frame ends, for the sanitizer */

	memcpy(bytes, data, len);
	feed_frame_read(&f, bytes, len);
	if (f.kind == FEED_BAD) {
		if (!f.reason)
			abort();
	} else {
		struct json_object *whole = parse(bytes, len);
		if (f.kind == FEED_EVENT)
			check_event(&f, whole);
		if (f.kind == FEED_ARRAY)
			check_array(&f, whole);
		json_object_put(whole);
	}
	free(bytes);
	return 0;
}
