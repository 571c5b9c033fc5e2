#include "clock.h"
#include "ctl_command.h"
#include "pg.h"
#include "pg_queries.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* "2024-08-08 23:59:59.123 UTC" */
static void format_time(int64_t us, char out[40])
{
	time_t seconds = (time_t)(clock_floor(us, SECOND_US) / SECOND_US);
	char text[24];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out, 40, "%s.%03d UTC", text, (int)(us % SECOND_US / MS_US));
}

static double age_s(int64_t us)
{
	return us > 0 ? (double)us / SECOND_US : 0;
}

static void print_venue(const char *venue, const PGresult *r)
{
	char as_of[40];

	printf("venue %s: epoch %s, generation %s\n", venue, PQgetvalue(r, 0, 0),
		PQgetvalue(r, 0, 1));
	if (PQgetisnull(r, 0, 3) || PQgetisnull(r, 0, 4)) {
		printf("data: none are being collected\n");
		return;
	}
	int64_t wall_us = clock_wall_us() - pg_int(r, 0, 5);
	double speed = strtod(PQgetvalue(r, 0, 6), NULL);
	int64_t now_us = pg_int(r, 0, 4) + (int64_t)((double)wall_us * speed);

	format_time(pg_int(r, 0, 3), as_of);
	printf("data: complete to %s, %.1f s behind the venue's clock, which runs at %g%s\n", as_of,
		age_s(now_us - pg_int(r, 0, 3)), speed,
		*PQgetvalue(r, 0, 7) == 't' ? "; feed ended" : "");
}

static void print_streams(const PGresult *r)
{
	for (int row = 0; row < PQntuples(r); row++) {
		char to[40];

		format_time(pg_int(r, row, 5), to);
		printf("feed %s: %s, %s symbols in %s sessions, heard to %s, alive %.1f s ago, %s "
		       "records/s, %s open gaps\n",
			PQgetvalue(r, row, 0), PQgetvalue(r, row, 1), PQgetvalue(r, row, 3),
			PQgetvalue(r, row, 2), to, (double)pg_int(r, row, 4) / 1000,
			PQgetvalue(r, row, 7), PQgetvalue(r, row, 8));
	}
}

/* Milliseconds as seconds; "?" where not known. */
static const char *seconds(const PGresult *r, int column, char out[32])
{
	if (PQgetisnull(r, 0, column))
		return "?";
	snprintf(out, 32, "%.1f", (double)pg_int(r, 0, column) / 1000);
	return out;
}

static void print_sink(const PGresult *r)
{
	char lag[32], age[32];

	printf("sink: %s, %s s behind, last commit %s s ago, %s records/s; %s symbols, %s "
	       "partitions "
	       "owned, %s commits, %s records taken, %s quarantined\n",
		PQgetvalue(r, 0, 1), seconds(r, 2, lag), seconds(r, 3, age), PQgetvalue(r, 0, 7),
		PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 4), PQgetvalue(r, 0, 5), PQgetvalue(r, 0, 6),
		PQgetvalue(r, 0, 8));
}

static void print_backfill(const PGresult *r, const PGresult *gaps)
{
	const char *running = PQgetisnull(r, 0, 0)          ? "not known here"
			      : *PQgetvalue(r, 0, 0) == 't' ? "running"
							    : "not running";
	char from[40];

	printf("back-fill: %s, %s records taken, %s records/s\n", running, PQgetvalue(r, 0, 1),
		PQgetvalue(r, 0, 2));
	printf("gaps:%s", PQntuples(gaps) > 0 ? "" : " none");
	for (int row = 0; row < PQntuples(gaps); row++)
		printf("%s %s %s (%.1f s)", row > 0 ? "," : "", PQgetvalue(gaps, row, 1),
			PQgetvalue(gaps, row, 0), (double)pg_int(gaps, row, 2) / 1000);
	printf("\n");
	if (PQgetisnull(r, 0, 3))
		return;
	format_time(pg_int(r, 0, 5), from);
	printf("oldest gap: %s %s from %s, %.3f s, %s, %s\n", PQgetvalue(r, 0, 3),
		PQgetvalue(r, 0, 4), from, (double)(pg_int(r, 0, 6) - pg_int(r, 0, 5)) / SECOND_US,
		PQgetvalue(r, 0, 7), PQgetvalue(r, 0, 8));
}

enum part { HEAD, STREAMS, SINK, BACKFILL, GAPS, KEPT, PARTS };

static int read_parts(struct pg *pg, const char *venue, PGresult *r[PARTS], struct err *e)
{
	static const struct {
		const char *name, *sql;
	} statements[PARTS] = {
		[HEAD] = {"chart_venue", sql_chart_venue},
		[STREAMS] = {"chart_status_streams", sql_chart_status_streams},
		[SINK] = {"chart_status_sink", sql_chart_status_sink},
		[BACKFILL] = {"chart_status_backfill", sql_chart_status_backfill},
		[GAPS] = {"chart_status_gaps", sql_chart_status_gaps},
		[KEPT] = {"ctl_horizons", sql_ctl_horizons},
	};

	for (int i = 0; i < PARTS; i++)
		if (pg_query(pg, statements[i].name, statements[i].sql, 1, &venue, &r[i], e) !=
			PG_OK)
			return -1;
	if (PQntuples(r[HEAD]) > 0)
		return 0;
	return err_set(e, "there is no venue '%s' in the database", venue);
}

static void print_kept(const PGresult *r)
{
	const char *const names[] = {"events", "1s", "1m", "1h", "1d"};

	for (int i = 0; i < 5; i++) {
		int64_t from_us = pg_int(r, 0, i);
		char from[40];

		format_time(from_us, from);
		printf("%s%s %s%s", i ? ", " : "kept: ", names[i], from_us ? "since " : "all",
			from_us ? from : "");
	}
	printf("\n");
}

int ctl_status(const struct settings *s, const char *venue, struct err *e)
{
	struct pg *pg = pg_new(settings_text(s, "postgres", "reader"), "pricegraphctl");
	PGresult *r[PARTS] = {0};
	int rc = -1;

	if (!pg)
		err_set(e, "no memory for a connection");
	else
		rc = read_parts(pg, venue, r, e);
	if (rc == 0) {
		print_venue(venue, r[HEAD]);
		print_streams(r[STREAMS]);
		print_sink(r[SINK]);
		print_backfill(r[BACKFILL], r[GAPS]);
		print_kept(r[KEPT]);
	}
	for (int i = 0; i < PARTS; i++)
		PQclear(r[i]);
	pg_free(pg);
	return rc;
}
