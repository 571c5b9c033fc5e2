#include "exchange_answer.h"
#include "exchange_fault.h"
#include "exchange_request.h"
#include <string.h>

#define ANSWER_BYTES (1u << 20)

static struct slice id_of(const struct ws_session *s)
{
	struct slice id = json_member((struct slice){s->request, s->request_len}, "id");

	return id.data ? id : (struct slice){"null", 4};
}

/* An error instead of what was asked for. */
static void refuse(const struct ws_session *s, const struct fault *f, struct buf *answer)
{
	bool bare = f->numbers[1] > 0;
	struct slice id = id_of(s);

	buf_printf(
		answer, "%s{\"code\":%d,\"msg\":", bare ? "" : "{\"error\":", (int)f->numbers[0]);
	buf_add_json(answer, f->text, strlen(f->text));
	if (!bare) {
		buf_add_str(answer, "},\"id\":");
		buf_add(answer, id.data, id.len);
	}
	buf_add_char(answer, '}');
}

/* The same answer with another id; one without an id stays as it is. */
static void id_change(struct buf *answer, int64_t id)
{
	struct slice old = json_member((struct slice){answer->data, answer->len}, "id");

	if (!old.data || old.data + old.len + 1 != answer->data + answer->len)
		return;
	answer->len = (size_t)(old.data - answer->data);
	buf_printf(answer, "%lld}", (long long)id);
}

static void send_answer(struct ws_server *server, struct ws_session *s, const struct buf *answer)
{
	struct slice text = {answer->data, answer->len};
	struct message *m = answer->failed ? NULL : message_new(MESSAGE_TEXT, &text, 1);

	hub_send(server->hub, &s->client, m);
	message_release(m);
}

void exchange_answer(struct ws_server *server, struct ws_session *s)
{
	struct fault *f = exchange_fault_request(server->faults, s);
	size_t streams = s->client.stream_count;
	enum request_outcome outcome = REQUEST_ANSWERED;
	struct buf answer;

	buf_init(&answer, ANSWER_BYTES);
	if (f && f->kind == FAULT_ACK_ERROR)
		refuse(s, f, &answer);
	else if (!f || f->kind != FAULT_ACK_LOST || f->numbers[0] > 0)
		outcome = exchange_request(
			server->hub, &s->client, s->request, s->request_len, &answer);
	if (outcome == REQUEST_SUBSCRIBED || s->client.stream_count != streams)
		exchange_fault_streams(server->faults, s);
	if (f && f->kind == FAULT_ACK_WRONG)
		id_change(&answer, (int64_t)f->numbers[0]);
	if (!f || f->kind != FAULT_ACK_LOST)
		send_answer(server, s, &answer);
	buf_done(&answer);
	if (outcome == REQUEST_SUBSCRIBED) {
		market_to_hub_start(server->market);
		exchange_fault_tend(server->faults);
		market_to_hub_greet(server->market, &s->client);
	} else if (server->limits.clock_ping_us > 0) {
		market_to_hub_ping(server->market, &s->client);
	}
}
