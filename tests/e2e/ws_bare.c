/* ws_bare PORT COUNT: as ws_feed, with nothing but libwebsockets: what the library itself does. */
#include <libwebsockets.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
	char *data;
	size_t len;
	int code;
	bool binary, closed;
} client;

static uint64_t fnv1a(const char *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325U;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3U;
	return hash;
}

static int receive(struct lws *wsi, const char *bytes, size_t len)
{
	if (lws_is_first_fragment(wsi)) {
		client.len = 0;
		client.binary = lws_frame_is_binary(wsi);
	}
	char *more = realloc(client.data, client.len + len + 1);
	if (!more)
		return -1;
	client.data = more;
	if (len)
		memcpy(more + client.len, bytes, len);
	client.len += len;
	if (lws_is_final_fragment(wsi) && !lws_remaining_packet_payload(wsi))
		printf("%s %zu %016llx\n", client.binary ? "binary" : "text", client.len,
			(unsigned long long)fnv1a(client.data, client.len));
	return 0;
}

static int on_event(
	struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	const unsigned char *payload = in;

	(void)user;
	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		puts("opened");
		break;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return receive(wsi, in, len);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		client.code = len >= 2 ? payload[0] << 8 | payload[1] : 1005;
		break;
	case LWS_CALLBACK_WSI_DESTROY:
		printf("closed %d\n", client.code ? client.code : 1006);
		client.closed = true;
		break;
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	{.name = "bare", .callback = on_event, .rx_buffer_size = 65536},
	{.name = NULL},
};

int main(int argc, char **argv)
{
	struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.gid = (gid_t)-1,
		.uid = (uid_t)-1,
		.pt_serv_buf_size = 65536};

	if (argc != 3)
		return 2;
	lws_set_log_level(LLL_ERR, NULL);
	struct lws_context *context = lws_create_context(&info);
	if (!context)
		return 1;
	for (int i = 0; i < atoi(argv[2]); i++) {
		struct lws_client_connect_info to = {.context = context,
			.address = "127.0.0.1",
			.host = "localhost",
			.port = atoi(argv[1]),
			.path = "/stream",
			.local_protocol_name = protocols[0].name};
		client.closed = false;
		client.code = 0;
		client.len = 0;
		lws_client_connect_via_info(&to);
		while (!client.closed)
			lws_service(context, 0);
		fflush(stdout);
	}
	lws_context_destroy(context);
	free(client.data);
	return 0;
}
