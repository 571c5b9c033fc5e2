#include "collector_reload.h"
#include "log.h"

static struct stat file_now(const struct collector_reload *r)
{
	const char *path = settings_text(r->current, "feed", "symbols_file");
	struct stat st;

	return *path && stat(path, &st) == 0 ? st : (struct stat){.st_ino = 0};
}

void collector_reload_init(struct collector_reload *r, int argc, char **argv,
	const struct settings *s, struct ws_to_kafka *feed)
{
	*r = (struct collector_reload){.argc = argc, .argv = argv, .feed = feed, .current = s};
	r->seen = file_now(r);
}

void collector_reload_done(struct collector_reload *r)
{
	settings_free(r->own);
	r->own = NULL;
}

void collector_reload_settings(struct collector_reload *r)
{
	struct err e = {""};

	if (!r->feed)
		return;
	struct settings *next = settings_reload(r->argc, r->argv, &e);
	if (!next || ws_to_kafka_choose(r->feed, next, &e) < 0) {
		log_error("collector_reload_refused", "reason=\"%s; what is in force stays\"",
			e.text);
		settings_free(next);
		return;
	}
	settings_free(r->own);
	r->own = next;
	r->current = next;
	r->seen = file_now(r);
	log_info("collector_reloaded", "read=\"feed.symbols feed.streams feed.symbols_file\"");
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void collector_reload_look(struct collector_reload *r)
{
	struct stat now = file_now(r);
	struct err e = {""};

	if (!r->feed || is_same(&now, &r->seen))
		return;
	r->seen = now;
	if (ws_to_kafka_choose(r->feed, r->current, &e) < 0)
		log_error("collector_symbols_refused", "reason=\"%s; what is in force stays\"",
			e.text);
	else
		log_info("collector_symbols_read", "file=\"%s\"",
			settings_text(r->current, "feed", "symbols_file"));
}
