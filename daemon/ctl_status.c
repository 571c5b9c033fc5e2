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

		format_time(pg_int(r, row, 4), to);
		printf("feed %s: %s symbols in %s sessions, heard to %s, alive %.1f s ago%s\n",
			PQgetvalue(r, row, 0), PQgetvalue(r, row, 2), PQgetvalue(r, row, 1), to,
			age_s(clock_wall_us() - pg_int(r, row, 3)),
			*PQgetvalue(r, row, 5) == 't' ? ", ended" : "");
	}
}

static void print_sink(const PGresult *r)
{
	printf("sink: %s symbols, %s partitions owned, %s commits, %s records taken, %s "
	       "quarantined\n",
		PQgetvalue(r, 0, 0), PQgetvalue(r, 0, 1), PQgetvalue(r, 0, 2), PQgetvalue(r, 0, 3),
		PQgetvalue(r, 0, 4));
	printf("gaps: %s\n", *PQgetvalue(r, 0, 5) ? PQgetvalue(r, 0, 5) : "none");
}

int ctl_status(const struct settings *s, const char *venue, struct err *e)
{
	struct pg *pg = pg_new(settings_text(s, "postgres", "reader"), "pricegraphctl");
	PGresult *head = NULL, *streams = NULL, *sink = NULL;
	int rc = -1;

	if (!pg) {
		err_set(e, "no memory for a connection");
	} else if (pg_query(pg, "chart_venue", sql_chart_venue, 1, &venue, &head, e) == PG_OK &&
		   pg_query(pg, "chart_status_streams", sql_chart_status_streams, 1, &venue,
			   &streams, e) == PG_OK &&
		   pg_query(pg, "chart_status_sink", sql_chart_status_sink, 1, &venue, &sink, e) ==
			   PG_OK) {
		if (PQntuples(head) == 0) {
			err_set(e, "there is no venue '%s' in the database", venue);
		} else {
			print_venue(venue, head);
			print_streams(streams);
			print_sink(sink);
			rc = 0;
		}
	}
	PQclear(head);
	PQclear(streams);
	PQclear(sink);
	pg_free(pg);
	return rc;
}
