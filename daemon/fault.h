/*
 * fault: what the model exchange can do wrong on demand: one table of kinds, and one fault as it was
 * asked for.
 *
 * A fault begins `at` market seconds since the market was started, or `after` so many data frames,
 * else at once; it ends when it hit `count` times or `for` market seconds are over, whichever
 * comes first (0: neither ends it). Passive; one owning thread.
 */
#pragma once
#include "buf.h"
#include "err.h"
#include "json_slice.h"
#include <stdbool.h>
#include <stdint.h>

#define FAULT_NUMBERS 3
#define FAULT_TEXT_SIZE 132

enum fault_seam {         /* where it acts */
	FAULT_CONNECTION, /* once on each connection chosen, when it begins */
	FAULT_STATE,      /* on the connections chosen, also on new ones, as long as it lasts */
	FAULT_FRAME,      /* on data frames of the streams and connections chosen */
	FAULT_EXTRA,      /* one more frame to each connection chosen, when it begins */
	FAULT_ANSWER,     /* on answers to control requests */
	FAULT_UPGRADE,    /* on handshakes of websockets */
	FAULT_REST,       /* on REST requests */
	FAULT_MARKET,     /* on the market itself, when it begins */
};

enum fault_kind {
	FAULT_RESET,
	FAULT_CLOSE,
	FAULT_SHUTDOWN,
	FAULT_SILENCE,
	FAULT_NO_PINGS,
	FAULT_SLOW,
	FAULT_LIFE,
	FAULT_MUTE,
	FAULT_DUPLICATE,
	FAULT_DISORDER,
	FAULT_LATE,
	FAULT_BURST,
	FAULT_FRAGMENTS,
	FAULT_CHUNKS,
	FAULT_BINARY,
	FAULT_UTF8,
	FAULT_MALFORMED,
	FAULT_MEMBER,
	FAULT_OVERSIZED,
	FAULT_UNKNOWN,
	FAULT_ACK_LOST,
	FAULT_ACK_WRONG,
	FAULT_ACK_ERROR,
	FAULT_REFUSE,
	FAULT_STALL,
	FAULT_REST_ERROR,
	FAULT_CLOCK,
	FAULT_HALT,
	FAULT_RESTATE,
	FAULT_KINDS,
};

struct fault_number { /* a parameter; name NULL = none */
	const char *name;
	double value, min, max; /* the default, and what is allowed */
	double low, high;       /* what chance chooses from */
};

struct fault_row {
	const char *name;
	enum fault_seam seam;
	int64_t count;            /* default */
	const char *where;        /* what the pattern `where` is called: stream, symbol, path */
	const char *text, *value; /* a text parameter and its default; NULL = none */
	struct fault_number numbers[FAULT_NUMBERS];
	const char *help;
};

extern const struct fault_row fault_table[FAULT_KINDS]; /* index = kind */

enum fault_state { FAULT_WAITING, FAULT_ACTIVE, FAULT_DONE };

struct fault {
	int64_t id; /* from 1 */
	enum fault_kind kind;
	enum fault_state state;
	double at, length;           /* market seconds; at -1: at once; length 0: without end */
	int64_t after;               /* data frames; -1: not asked for */
	int64_t count;               /* hits; 0: without end */
	double share;                /* of what it could hit, by chance */
	int64_t connection;          /* by number; 0: each; -1: the newest */
	char where[FAULT_TEXT_SIZE]; /* pattern of fnmatch; empty: each */
	char text[FAULT_TEXT_SIZE];
	double numbers[FAULT_NUMBERS]; /* as the row names them */
	int64_t began_us, hits;
};

/* All of its kind's defaults; at once. */
void fault_init(struct fault *f, enum fault_kind kind);
/* FAULT_KINDS: there is none of that name. */
enum fault_kind fault_kind_find(const char *name);
const char *fault_state_name(enum fault_state s);
bool fault_where(const struct fault *f, struct slice name); /* does its pattern fit? */
/* Appends the fault as a JSON object that can be given again, with id, state and hits. */
void fault_print(const struct fault *f, struct buf *out);
/* Appends the table as a JSON array. */
void fault_table_print(struct buf *out);
