/*
 * feed_watch: whether a connection lives: PINGs of our own, what their PONGs say, and when nothing comes any more.
 *
 * Whatever is read counts as life; the PINGs see to it that something is to be read. A PING carries the venue's time at which
 * it left, so its PONG says up to when everything was read. Times are monotonic unless said otherwise. Feed thread.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define FEED_PING_SIZE 24

struct feed_watch {
	int64_t ping_every_us, silence_us; /* set by the owner */
	int64_t ping_at_us, read_at_us;
	int64_t pinged_us,
		ponged_us; /* venue time in the newest PING, and in the newest PONG; 0 = none */
};

enum feed_watched { FEED_WATCH_FINE, FEED_WATCH_PING, FEED_WATCH_SILENT };

/* A new connection. */
void feed_watch_start(struct feed_watch *w, int64_t now_us);
/* Something was read, or nothing could be because we did not want to. */
void feed_watch_read(struct feed_watch *w, int64_t now_us);
/* What is to be done now. FEED_WATCH_PING: send `payload`, made from `venue_us` (0: the time is not known). SILENT is said once
 * for each period of silence. */
enum feed_watched feed_watch_check(
	struct feed_watch *w, int64_t now_us, int64_t venue_us, char payload[FEED_PING_SIZE]);
/* The venue's time in the PONG: that of its PING. -1: it is not the answer to one of ours, or says nothing new. */
int64_t feed_watch_pong(struct feed_watch *w, const char *payload, size_t len);
