#include "exchange_control.h"
#include <string.h>

bool exchange_control_path(const char *path)
{
	return strcmp(path, "/faults") == 0;
}

static void list(struct exchange_fault *faults, struct rest_answer *a)
{
	buf_printf(&a->body,
		"{\"market_us\":%lld,\"kinds\":", (long long)exchange_fault_now_us(faults));
	fault_table_print(&a->body);
	buf_add_str(&a->body, ",\"faults\":");
	fault_plan_print(exchange_fault_plan(faults), &a->body);
	buf_add_char(&a->body, '}');
}

static void add(struct exchange_fault *faults, struct slice body, struct rest_answer *a)
{
	int64_t ids[2];
	struct err e;

	if (fault_plan_add(exchange_fault_plan(faults), body.data, body.len, ids, &e)) {
		rest_error(a, 400, -1130, e.text);
		return;
	}
	buf_add_str(&a->body, "{\"ids\":[");
	for (int64_t id = ids[0]; id <= ids[1]; id++)
		buf_printf(&a->body, "%s%lld", id > ids[0] ? "," : "", (long long)id);
	buf_add_str(&a->body, "]}");
}

static void end(struct exchange_fault *faults, const struct rest_request *r, struct rest_answer *a)
{
	int64_t id = 0;

	if (rest_param_integer(r, "id", &id, a))
		return;
	buf_printf(&a->body, "{\"ended\":%zu}", fault_plan_end(exchange_fault_plan(faults), id));
}

void exchange_control(struct exchange_fault *faults, enum control_method method,
	const struct rest_request *r, struct slice body, struct rest_answer *a)
{
	static const char *const none[] = {NULL}, *const id[] = {"id", NULL};

	a->status = 200;
	a->weight = 0;
	if (rest_params_check(r, method == CONTROL_DELETE ? id : none, a))
		return;
	switch (method) {
	case CONTROL_GET:
		list(faults, a);
		return;
	case CONTROL_POST:
		add(faults, body, a);
		return;
	case CONTROL_DELETE:
		end(faults, r, a);
		return;
	}
}
