#include "fault_wire.h"
#include <stdlib.h>
#include <string.h>

#define OPCODE_CONTINUATION 0
#define OPCODE_TEXT 1
#define OPCODE_BINARY 2
#define OPCODE_CLOSE 8
#define OPCODE_PING 9
#define FINAL 0x80
#define PIECE_BYTES 16 /* more than heads of a piece and of a PING */

struct wire {
	struct message *m;
	size_t room;
};

static bool wire_begin(struct wire *w, size_t room)
{
	w->m = malloc(sizeof(*w->m) + room);
	w->room = room;
	if (w->m)
		*w->m = (struct message){.refs = 1, .kind = MESSAGE_WIRE};
	return w->m;
}

static void wire_frame(struct wire *w, int first, struct slice payload)
{
	unsigned char *p = w->m->text + w->m->len;
	size_t n = 0;

	p[n++] = (unsigned char)first;
	if (payload.len < 126) {
		p[n++] = (unsigned char)payload.len;
	} else if (payload.len < 65536) {
		p[n++] = 126;
		p[n++] = (unsigned char)(payload.len >> 8);
		p[n++] = (unsigned char)payload.len;
	} else {
		p[n++] = 127;
		for (int shift = 56; shift >= 0; shift -= 8)
			p[n++] = (unsigned char)((uint64_t)payload.len >> shift);
	}
	if (payload.len)
		memcpy(p + n, payload.data, payload.len);
	w->m->len += n + payload.len;
}

struct message *fault_wire_frame(int opcode, struct slice payload)
{
	struct wire w;

	if (!wire_begin(&w, payload.len + PIECE_BYTES))
		return NULL;
	wire_frame(&w, FINAL | opcode, payload);
	return w.m;
}

static struct slice text_of(const struct message *m)
{
	return (struct slice){(const char *)m->text, m->len};
}

static struct message *fragments(const struct fault *f, struct slice text)
{
	size_t pieces = (size_t)f->numbers[0], at = 0;
	struct wire w;

	if (pieces > text.len)
		pieces = text.len ? text.len : 1;
	if (!wire_begin(&w, text.len + pieces * 2 * PIECE_BYTES))
		return NULL;
	for (size_t i = 0; i < pieces; i++) {
		size_t end = text.len * (i + 1) / pieces;

		wire_frame(&w,
			(i + 1 == pieces ? FINAL : 0) | (i ? OPCODE_CONTINUATION : OPCODE_TEXT),
			(struct slice){text.data + at, end - at});
		at = end;
		if (f->numbers[1] > 0 && i + 1 < pieces)
			wire_frame(&w, FINAL | OPCODE_PING, (struct slice){NULL, 0});
	}
	return w.m;
}

struct message *fault_wire_form(const struct fault *f, const struct message *m)
{
	struct slice text = text_of(m);
	struct message *out;

	if (f->kind == FAULT_FRAGMENTS)
		return fragments(f, text);
	if (f->kind == FAULT_MALFORMED)
		text.len -= text.len / 3 + (text.len > 0 && text.len < 3);
	out = fault_wire_frame(f->kind == FAULT_BINARY ? OPCODE_BINARY : OPCODE_TEXT, text);
	if (out && f->kind == FAULT_UTF8 && text.len > 0)
		out->text[out->len - text.len / 2 - 1] = 0xff;
	if (out && f->kind == FAULT_CHUNKS)
		out->chunk = (size_t)f->numbers[0];
	return out;
}

struct message *fault_wire_member(const struct message *m)
{
	static const char front[] = "\"zz\":{\"a\":[1,null]},",
			  back[] = ",\"nq\":\"0.1\",\"st\":[true]";
	struct slice text = text_of(m), data = json_member(text, "data"),
		     object = json_member(text, "stream").data && data.data ? data : text;
	size_t open = (size_t)(object.data - text.data) + 1,
	       close = (size_t)(object.data - text.data) + object.len - 1;
	struct slice parts[5] = {{text.data, open}, {front, strlen(front)},
		{text.data + open, close - open}, {back, strlen(back)},
		{text.data + close, text.len - close}};

	if (object.len < 3 || object.data[0] != '{')
		return message_new(MESSAGE_TEXT, &text, 1);
	return message_new(MESSAGE_TEXT, parts, sizeof(parts) / sizeof(parts[0]));
}

struct message *fault_wire_oversized(size_t bytes)
{
	static const char head[] = "{\"e\":\"oversized\",\"pad\":\"", tail[] = "\"}";
	size_t len = bytes < sizeof(head) + sizeof(tail) ? sizeof(head) + sizeof(tail) : bytes;
	char *text = malloc(len);
	struct message *out;

	if (!text)
		return NULL;
	memset(text, 'x', len);
	memcpy(text, head, sizeof(head) - 1);
	memcpy(text + len - sizeof(tail) + 1, tail, sizeof(tail) - 1);
	out = fault_wire_frame(OPCODE_TEXT, (struct slice){text, len});
	free(text);
	return out;
}

struct message *fault_wire_close(int code, const char *reason)
{
	char payload[125] = {(char)(code >> 8), (char)code};
	size_t len = strnlen(reason, sizeof(payload) - 2);

	memcpy(payload + 2, reason, len);
	return fault_wire_frame(OPCODE_CLOSE, (struct slice){payload, code ? len + 2 : 0});
}
