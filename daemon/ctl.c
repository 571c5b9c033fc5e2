/* pricegraphctl: the operator's command. */
#include "ctl_command.h"
#include "ctl_migrate.h"
#include "pg.h"
#include "settings.h"
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define EXIT_FAILED 1
#define EXIT_USAGE 2
#define ARGUMENTS_MAX 100000
#define REFERENCE_BYTES_MAX (1 << 20)
#define VENUE_LENGTH_MAX 90 /* as the table's check */

static void say_applied(const char *name)
{
	printf("applied %s\n", name);
}

static int migrate(const struct settings *s, char **arguments, struct err *e)
{
	struct pg *pg = pg_new(settings_text(s, "postgres", "owner"), "pricegraphctl");
	int count;

	(void)arguments;
	if (!pg)
		return err_set(e, "no memory for a connection");
	count = ctl_migrate(pg, say_applied, e);
	pg_free(pg);
	if (count == 0)
		printf("the schema is up to date\n");
	return count < 0 ? -1 : 0;
}

static int check_venue(const char *venue, struct err *e)
{
	size_t len = strspn(venue, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (len == 0 || len > VENUE_LENGTH_MAX || venue[len] != '\0')
		return err_set(e, "'%s' is no venue: 1 to %d of a-z, 0-9 and '-'", venue,
			VENUE_LENGTH_MAX);
	return 0;
}

static int empty(const struct settings *s, char **arguments, struct err *e)
{
	return check_venue(arguments[0], e) != 0 ? -1 : ctl_empty(s, arguments[0], e);
}

static int status(const struct settings *s, char **arguments, struct err *e)
{
	return ctl_status(s, arguments[0] ? arguments[0] : settings_text(s, "venue", "name"), e);
}

/* The settings were read, or main would not have come here. */
static int check(const struct settings *s, char **arguments, struct err *e)
{
	static const char *const roles[] = {"owner", "collector", "reader"};
	int failed = 0;

	(void)arguments;
	if (check_venue(settings_text(s, "venue", "name"), e) != 0)
		return err_wrap(e, "venue.name");
	printf("settings: valid\n");
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		struct pg *pg = pg_new(settings_text(s, "postgres", roles[i]), "pricegraphctl");
		struct err why = {0};

		if (pg && pg_connect(pg, &why) == PG_OK) {
			printf("postgres.%s: connected\n", roles[i]);
		} else {
			printf("postgres.%s: %s\n", roles[i], pg ? why.text : "no memory");
			failed++;
		}
		pg_free(pg);
	}
	return failed ? err_set(e, "%d connections failed", failed) : 0;
}

static int reference(const struct settings *s, char **arguments, struct err *e)
{
	struct buf out;
	bool whole;

	(void)s;
	(void)arguments;
	buf_init(&out, REFERENCE_BYTES_MAX);
	settings_reference(&out);
	whole = !out.failed && fwrite(out.data, 1, out.len, stdout) == out.len;
	buf_done(&out);
	return whole ? 0 : err_set(e, "cannot print the reference");
}

static const struct command {
	const char *name, *argument, *help;
	int argument_min, argument_max;
	/* `arguments`: those given, then NULL */
	int (*run)(const struct settings *s, char **arguments, struct err *e);
} commands[] = {
	{"migrate", "", "bring the database to this program's schema", 0, 0, migrate},
	{"empty", " VENUE", "delete the topics and rows of a venue; its epoch rises", 1, 1, empty},
	{"status", " [VENUE]", "what is collected, how old it is, what is missing", 0, 1, status},
	{"symbols", " list | add NAME... | remove NAME...",
		"which symbols are collected; changes them while the collector runs", 1, 1000,
		ctl_symbols},
	{"check", "", "read the settings and try the database connections", 0, 0, check},
	{"backfill", " [--interval 1s|1m|1h|1d] SYMBOL FROM TO [klines|aggTrades]",
		"load a stretch of the past from the exchange", 3, 6, ctl_backfill},
	{"import", " [--symbol S] [--kind K] FILE...",
		"load files of the exchange's archive: kind 1s, 1m, 1h, 1d, trades or aggTrades", 1,
		ARGUMENTS_MAX, ctl_import},
	{"correct", " SYMBOL --from FILE --reason TEXT [--interval L] [--dry-run] | --inverse RUN",
		"correct candles by a file; print what undoes a run", 1, 20, ctl_correct},
	{"delete", " SYMBOL FROM TO --reason TEXT [--dry-run]",
		"take the candles of a stretch away", 1, 20, ctl_delete},
	{"rebuild", " SYMBOL FROM TO [--from-kafka] [--dry-run]",
		"compute a stretch anew from its raw rows, or from Kafka's records", 1, 20,
		ctl_rebuild},
	{"reference", "", "print what settings there are, as a Markdown table", 0, 0, reference},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_commands(FILE *to)
{
	fprintf(to, "commands:\n");
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %s%s\n      %s\n", commands[i].name, commands[i].argument,
			commands[i].help);
}

/* Of "command --help" its usage, whatever stands between. */
static bool print_help(int argc, char **argv)
{
	bool is_asked = false;

	for (int i = optind + 1; i < argc; i++)
		is_asked = is_asked || strcmp(argv[i], "--help") == 0;
	for (size_t i = 0; is_asked && i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, argv[optind]) == 0) {
			printf("usage: pricegraphctl [option]... %s%s\n      %s\n",
				commands[i].name, commands[i].argument, commands[i].help);
			return true;
		}
	return false;
}

static const struct command *find(int argc, char **argv)
{
	const char *name = optind < argc ? argv[optind] : "";
	int arguments = argc - optind - 1;

	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = &commands[i];

		if (strcmp(c->name, name) != 0)
			continue;
		if (arguments >= c->argument_min && arguments <= c->argument_max)
			return c;
		fprintf(stderr, "usage: pricegraphctl [option]... %s%s\n", c->name, c->argument);
		return NULL;
	}
	if (*name)
		fprintf(stderr, "pricegraphctl: there is no command '%s'\n", name);
	fprintf(stderr, "usage: pricegraphctl [option]... command [argument]...\n");
	print_commands(stderr);
	return NULL;
}

static int run(const struct settings *s, int argc, char **argv)
{
	const struct command *c;
	struct err e = {0};

	if (print_help(argc, argv))
		return 0;
	c = find(argc, argv);
	if (!c)
		return EXIT_USAGE;
	if (c->run(s, argv + optind + 1, &e) == 0)
		return fflush(stdout) == 0 ? 0 : EXIT_FAILED;
	fflush(stdout);
	fprintf(stderr, "pricegraphctl %s: %s\n", c->name, e.text);
	return EXIT_FAILED;
}

int main(int argc, char **argv)
{
	int exit_code = 0;
	struct settings *s = settings_from_command_line('t', argc, argv, &exit_code);

	if (s) {
		exit_code = run(s, argc, argv);
		settings_free(s);
	} else if (exit_code == 0 && argc > 1 && strcmp(argv[1], "--help") == 0) {
		print_commands(stdout);
	}
	return exit_code;
}
