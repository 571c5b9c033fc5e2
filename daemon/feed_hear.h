/*
 * feed_hear: what comes in on a connection: frames into Kafka, answers, notices, the time that PINGs and PONGs tell, its end.
 * Feed thread.
 */
#pragma once
#include "feed_socket.h"

/* For feed_socket_new; the owner is a struct feed_connection. */
extern const struct feed_socket_events feed_hear_events;
