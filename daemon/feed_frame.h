/*
 * feed_frame: what one text frame of the exchange holds, with the event's bytes as slices of the frame.
 *
 * Dispatch is by the wrapper's name ({"stream":...,"data":...}), then by `e`; unwrapped events go by `e` alone (of klines also
 * by their interval). Nothing is printed anew: what goes to Kafka is the slice. Frame shapes: Binance's documentation. Passive
 * values that point into the frame; any thread.
 */
#pragma once
#include "event.h"
#include "json_scan.h"
#include "stream.h"

/* The miniTicker of the whole exchange in one stream. */
#define FEED_ARRAY_NAME "!miniTicker@arr"

enum feed_frame_kind {
	FEED_EVENT,   /* an event of a stream in the table */
	FEED_ARRAY,   /* events of many symbols, each to be read as a frame of its own */
	FEED_ANSWER,  /* to a request of ours, or an error */
	FEED_NOTICE,  /* the exchange speaks of itself: serverShutdown, replayEnded */
	FEED_UNKNOWN, /* JSON, but nothing that we know: counted, not stored */
	FEED_BAD,     /* no JSON object, or an event that can't be stored: `reason` */
};

enum feed_notice { FEED_SERVER_SHUTDOWN, FEED_REPLAY_ENDED, FEED_REPLAY_JUMPED };

struct feed_answer {
	bool has_id;
	int64_t id;
	bool failed;
	int64_t code;             /* of a failure, -1 if it gave none */
	struct json_value result; /* lent by the frame */
	char message[200];
};

struct feed_frame {
	enum feed_frame_kind kind;
	enum stream_kind stream;  /* of an event */
	struct json_value data;   /* of an event: the object as received; of an array: all of it */
	char symbol[SYMBOL_SIZE]; /* of an event: its member s */
	size_t symbol_len;
	int64_t event_us; /* member E of events and notices; -1: none that makes sense */
	enum feed_notice notice;
	struct feed_answer answer;
	const char *reason; /* of a bad one; constant text */
};

/* Reads the whole frame; slices in `out` are lent by `bytes`. Members that its kind does not have are undefined. */
void feed_frame_read(struct feed_frame *out, const char *bytes, size_t len);
