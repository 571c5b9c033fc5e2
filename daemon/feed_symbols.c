#include "feed_symbols.h"
#include "binance_rest.h"
#include "clock.h"
#include "log.h"
#include "metrics.h"
#include "rest_limits.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_S 3600
#define CHECK_SOON_S 60
#define SOON_CHECKS                                                                                \
	360 /* of one that stopped trading: longer than the halts that were seen, of up to 284 min */
#define AGAIN_S 10      /* after a failure; then twice as long, */
#define FAST_FAILURES 3 /* so often, then CHECK_SOON_S */
#define LIST_BYTES_MAX (32U << 20)

METRIC_GAUGE(symbols_wanted, "pricegraph_feed_symbols", "Symbols that are to be collected.");
METRIC_GAUGE(streams_wanted, "pricegraph_feed_streams", "Subscriptions that are to be held.");
METRIC_COUNTER(lists_failed, "pricegraph_feed_symbol_lists_failed_total",
	"Times that the exchange's list of symbols was not to be had.");

struct feed_symbols {
	void (*wake)(void *arg);
	void *arg;
	struct binance_rest *rest;
	/* the thread's own */
	struct feed_choice *in_force;
	struct feed_catalog *catalog; /* the newest; NULL: none yet */
	struct feed_wants *last;      /* what was told last */
	int wait_s;
	int failures;    /* of the list, one behind the other; counted up to FAST_FAILURES */
	int soon_checks; /* so many more at CHECK_SOON_S */
	struct buf body;
	/* shared */
	pthread_t thread;
	bool running;
	pthread_mutex_t lock;
	pthread_cond_t wake_up;
	bool stop;                 /* lock */
	struct feed_choice *asked; /* lock */
	struct feed_wants *told;   /* lock; not taken yet */
};

/* NULL: not to be had now. */
static struct feed_catalog *fetch(struct feed_symbols *f)
{
	struct err e = {""};
	struct feed_catalog *catalog = NULL;
	enum rest_done done = binance_rest_get(
		f->rest, "/api/v3/exchangeInfo", REST_WEIGHT_EXCHANGE_INFO, &f->body, &e);

	if (done == REST_OK) {
		catalog = feed_catalog_new(f->body.data, f->body.len, &e);
		rest_limits_note(f->body.data, f->body.len);
	}
	if (!catalog && done != REST_STOPPED) {
		metric_add(&lists_failed, 1);
		log_warn("feed_no_symbol_list", "url=%s reason=\"%s\"", binance_rest_base(f->rest),
			e.text);
	}
	buf_done(&f->body);
	return catalog;
}

static bool is_entry_of(const struct feed_choice *c, const struct feed_choice_entry *entry)
{
	for (size_t i = 0; i < c->count; i++)
		if (!c->entries[i].out && strcmp(c->entries[i].name, entry->name) == 0)
			return true;
	return false;
}

static void log_fault(const struct feed_choice_entry *entry, const char *status)
{
	if (status)
		log_error(
			"feed_symbol_not_trading", "symbol=\"%s\" status=%s", entry->name, status);
	else
		log_error("feed_symbol_unknown",
			"symbol=\"%s\" reason=\"the exchange has no such symbol\"", entry->name);
}

/* Names each symbol that is not traded. False: one of them is new, and the choice is not to go into force. */
static bool check_choice(struct feed_symbols *f, const struct feed_choice *next)
{
	const struct feed_choice_entry *entry;
	const char *status;
	bool good = true;

	for (size_t i = 0; (entry = feed_wants_fault(next, f->catalog, &i, &status));) {
		log_fault(entry, status);
		if (f->in_force && !is_entry_of(f->in_force, entry))
			good = false;
	}
	return good;
}

/* Takes `next`, which may be NULL. */
static void adopt(struct feed_symbols *f, struct feed_choice *next, bool fresh)
{
	if (!next)
		return;
	if (fresh && !check_choice(f, next)) {
		log_error("feed_choice_refused", "reason=\"it names symbols that are not traded; "
						 "what is in force stays\"");
		feed_choice_free(next);
		return;
	}
	feed_choice_free(f->in_force);
	f->in_force = next;
}

static bool has_patterns(const struct feed_choice *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->entries[i].pattern && !c->entries[i].out)
			return true;
	return false;
}

static bool is_wanted(const struct feed_wants *w, const char *symbol, size_t from)
{
	for (size_t i = 0; i < w->symbol_count; i++)
		if (strcmp(w->symbols[(from + i) % w->symbol_count], symbol) == 0)
			return true;
	return false;
}

/* Logs who comes and who goes; true if one goes because it is not traded any more. */
static bool log_changes(struct feed_symbols *f, const struct feed_wants *w)
{
	bool stopped = false;

	for (size_t i = 0; f->last && i < f->last->symbol_count; i++) {
		const char *symbol = f->last->symbols[i];
		if (is_wanted(w, symbol, i))
			continue;
		const struct feed_catalog_symbol *s =
			f->catalog ? feed_catalog_find(f->catalog, symbol) : NULL;
		if (feed_choice_wants(f->in_force, symbol)) {
			log_warn("feed_symbol_stopped", "symbol=\"%s\" status=%s", symbol,
				s ? s->status : "unknown");
			stopped = true;
		} else {
			log_info("feed_symbol_removed", "symbol=\"%s\"", symbol);
		}
	}
	for (size_t i = 0; f->last && i < w->symbol_count; i++)
		if (!is_wanted(f->last, w->symbols[i], i))
			log_info("feed_symbol_added", "symbol=\"%s\"", w->symbols[i]);
	return stopped;
}

static bool is_as_before(const struct feed_wants *a, const struct feed_wants *b)
{
	return a && a->count == b->count && a->symbol_count == b->symbol_count &&
	       feed_choice_is_equal(a->choice, b->choice) &&
	       memcmp(a->all, b->all, a->count * sizeof(*a->all)) == 0 &&
	       memcmp(a->symbols, b->symbols, a->symbol_count * sizeof(*a->symbols)) == 0;
}

static void log_wants(const struct feed_wants *w, bool fresh)
{
	log_info("feed_symbols_chosen", "symbols=%zu subscriptions=%zu checked=%s", w->symbol_count,
		w->count, fresh ? "yes" : "no");
	if (!fresh)
		log_warn("feed_symbols_unchecked",
			"reason=\"the exchange's list of symbols is not to be had: names count as "
			"they stand%s\"",
			has_patterns(w->choice) && !w->checked ? ", patterns wait" : "");
}

/* Takes `w`. */
static void tell(struct feed_symbols *f, struct feed_wants *w)
{
	pthread_mutex_lock(&f->lock);
	feed_wants_free(f->told);
	f->told = w;
	pthread_mutex_unlock(&f->lock);
	f->wake(f->arg);
}

/* Returns whether a symbol has stopped trading. */
static bool resolve(struct feed_symbols *f, bool fresh)
{
	struct err e = {""};
	struct feed_wants *w = feed_wants_new(f->in_force, f->catalog, !fresh, &e);
	struct feed_wants *own = w ? feed_wants_new(f->in_force, f->catalog, !fresh, &e) : NULL;

	if (!own) {
		log_error("feed_choice_unusable", "reason=\"%s\"", e.text);
		feed_wants_free(w);
		return false;
	}
	if (is_as_before(f->last, w)) {
		feed_wants_free(w);
		feed_wants_free(own);
		return false;
	}
	bool stopped = log_changes(f, w);
	log_wants(w, fresh);
	metric_set(&symbols_wanted, (int64_t)w->symbol_count);
	metric_set(&streams_wanted, (int64_t)w->count);
	feed_wants_free(f->last);
	f->last = own;
	tell(f, w);
	return stopped;
}

/* Waits until it is time or another choice is there, which is given out, the caller's. False: to be freed. */
static bool await(struct feed_symbols *f, struct feed_choice **asked)
{
	struct timespec until;
	bool in_time = true;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += f->wait_s;
	pthread_mutex_lock(&f->lock);
	while (!f->stop && !f->asked && in_time)
		in_time = pthread_cond_timedwait(&f->wake_up, &f->lock, &until) == 0;
	bool stop = f->stop;
	if (!stop) {
		*asked = f->asked;
		f->asked = NULL;
	}
	pthread_mutex_unlock(&f->lock);
	return !stop;
}

/* The list could not be had; what holds is not given up for that. */
static void go_on_unchecked(struct feed_symbols *f, bool asked)
{
	f->wait_s = f->failures < FAST_FAILURES ? AGAIN_S << f->failures : CHECK_SOON_S;
	f->failures += f->failures < FAST_FAILURES;
	if (asked || !f->last)
		resolve(f, false);
}

/* Who has stopped may trade again soon, and nobody listens to it meanwhile. */
static void go_on_checked(struct feed_symbols *f)
{
	f->failures = 0;
	if (resolve(f, true))
		f->soon_checks = SOON_CHECKS;
	f->wait_s = f->soon_checks > 0 ? CHECK_SOON_S : CHECK_S;
	f->soon_checks -= f->soon_checks > 0;
}

/* Thread "symbols". */
static void *run(void *arg)
{
	struct feed_symbols *f = arg;
	struct feed_choice *asked;

	log_thread_name("symbols");
	while (await(f, &asked)) {
		struct feed_catalog *fresh = fetch(f);
		if (fresh) {
			feed_catalog_free(f->catalog);
			f->catalog = fresh;
		}
		if (binance_rest_stopping(f->rest)) {
			feed_choice_free(asked);
			continue;
		}
		adopt(f, asked, fresh != NULL);
		if (fresh)
			go_on_checked(f);
		else
			go_on_unchecked(f, asked != NULL);
	}
	return NULL;
}

static struct feed_symbols *allocate(void (*wake)(void *arg), void *arg)
{
	struct feed_symbols *f = calloc(1, sizeof(*f));
	pthread_condattr_t monotonic;

	if (!f)
		return NULL;
	f->wake = wake;
	f->arg = arg;
	buf_init(&f->body, LIST_BYTES_MAX);
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake_up, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return f;
}

struct feed_symbols *feed_symbols_new(const struct settings *s, struct feed_choice *choice,
	void (*wake)(void *arg), void *arg, struct err *e)
{
	struct feed_symbols *f = allocate(wake, arg);

	if (!f) {
		feed_choice_free(choice);
		err_set(e, "no memory");
		return NULL;
	}
	f->asked = choice;
	f->rest = binance_rest_new(s, "symbols", e);
	if (!f->rest)
		goto fail;
	int failed = pthread_create(&f->thread, NULL, run, f);
	if (failed) {
		err_set(e, "cannot start thread symbols: %s", strerror(failed));
		goto fail;
	}
	f->running = true;
	return f;
fail:
	feed_symbols_free(f);
	return NULL;
}

void feed_symbols_quit(struct feed_symbols *f)
{
	pthread_mutex_lock(&f->lock);
	f->stop = true;
	pthread_cond_signal(&f->wake_up);
	pthread_mutex_unlock(&f->lock);
	binance_rest_stop(f->rest);
}

void feed_symbols_free(struct feed_symbols *f)
{
	if (!f)
		return;
	if (f->running) {
		feed_symbols_quit(f);
		pthread_join(f->thread, NULL);
	}
	binance_rest_free(f->rest);
	feed_choice_free(f->asked);
	feed_choice_free(f->in_force);
	feed_catalog_free(f->catalog);
	feed_wants_free(f->last);
	feed_wants_free(f->told);
	buf_done(&f->body);
	pthread_cond_destroy(&f->wake_up);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

void feed_symbols_choose(struct feed_symbols *f, struct feed_choice *choice)
{
	pthread_mutex_lock(&f->lock);
	feed_choice_free(f->asked);
	f->asked = choice;
	pthread_cond_signal(&f->wake_up);
	pthread_mutex_unlock(&f->lock);
}

struct feed_wants *feed_symbols_take(struct feed_symbols *f)
{
	pthread_mutex_lock(&f->lock);
	struct feed_wants *w = f->told;
	f->told = NULL;
	pthread_mutex_unlock(&f->lock);
	return w;
}
