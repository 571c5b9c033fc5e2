/*
 * openapi.json: the description of all this (OpenAPI 3.1), made from the rows that the requests are checked against and answered by, so that it
 * can't say anything else. pricegraph-live's paths are described too: a page sees one interface.
 */
#include "chart_endpoint.h"
#include "chart_schemas.h"
#include "clock.h"
#include "interval.h"
#include "poll_param.h"
#include <stdio.h>
#include <string.h>

#define MICROSECONDS_FROM 100000000000000 /* a time from there on is not in ms */

/* Described, never answered here. */
static const struct chart_endpoint of_live[] = {
	{
		.path = POLL_PATH,
		.summary = "What happened behind a cursor, at once or as soon as it does.",
		.params = poll_params,
		.schema = "Live",
	},
	{
		.path = POLL_METRICS_PATH,
		.summary = "Counters of the program that answers live, as Prometheus reads them.",
		.params = poll_no_params,
		.types = "text/plain",
	},
};
#define OF_LIVE (sizeof(of_live) / sizeof(of_live[0]))

static void add_text(struct buf *b, const char *text)
{
	buf_add_json(b, text, strlen(text));
}

static void add_choices(struct buf *b, const char *choices)
{
	const char *separator = "";

	buf_add_str(b, "\"type\":\"string\",\"enum\":[");
	while (*choices != '\0') {
		size_t len = strcspn(choices, "|");

		buf_add_str(b, separator);
		buf_add_json(b, choices, len);
		separator = ",";
		choices += len + (choices[len] == '|');
	}
	buf_add_char(b, ']');
}

static void add_intervals(struct buf *b)
{
	buf_add_str(b, "\"type\":\"string\",\"enum\":[");
	for (int i = 0; i < INTERVAL_COUNT; i++) {
		buf_add_str(b, i > 0 ? "," : "");
		add_text(b, interval_table[i].name);
	}
	buf_add_char(b, ']');
}

static void add_range(struct buf *b, int64_t min, int64_t max)
{
	buf_add_str(b, "\"type\":\"integer\",\"format\":\"int64\",\"minimum\":");
	buf_add_int(b, min);
	buf_add_str(b, ",\"maximum\":");
	buf_add_int(b, max);
}

static void add_string(struct buf *b, const struct param *p)
{
	buf_printf(b, "\"type\":\"string\",\"minLength\":%lld,\"maxLength\":%lld",
		(long long)p->min, (long long)p->max);
	if (p->choices != NULL) {
		buf_add_str(b, ",\"pattern\":");
		add_text(b, p->choices);
	}
}

/* ms, or from some greatness on microseconds. */
static void add_time(struct buf *b, const struct param *p)
{
	buf_add_str(b, "\"anyOf\":[{");
	add_range(b, p->min, p->max);
	buf_add_str(b, "},{");
	add_range(b, MICROSECONDS_FROM, p->max * MS_US);
	buf_add_str(b, "}]");
}

static void add_schema(struct buf *b, const struct param *p)
{
	switch (p->type) {
	case PARAM_TEXT:
		add_string(b, p);
		break;
	case PARAM_INT:
		add_range(b, p->min, p->max);
		break;
	case PARAM_INT_OR_EMPTY:
		buf_add_str(b, "\"anyOf\":[{");
		add_range(b, p->min, p->max);
		buf_add_str(b, "},{\"type\":\"string\",\"maxLength\":0}]");
		break;
	case PARAM_ENUM:
		add_choices(b, p->choices);
		break;
	case PARAM_INTERVAL:
		add_intervals(b);
		break;
	case PARAM_TIME:
		add_time(b, p);
		break;
	case PARAM_ZONE:
		buf_add_str(b,
			"\"type\":\"string\",\"pattern\":\"^(?:[-+]?0?[0-9](?::[0-5][0-9])?|"
			"[-+]?1[01](?::[0-5][0-9])?|[-+]?12(?::00)?|[+]?1[23](?::[0-5][0-9])?|"
			"[+]?14(?::00)?)$\"");
		break;
	case PARAM_NAMES:
		buf_printf(b,
			"\"type\":\"string\",\"contentMediaType\":\"application/json\","
			"\"pattern\":\"^\\\\[\\\"[^\\\"\\\\\\\\]+\\\"(?:,\\\"[^\\\"\\\\\\\\]+\\\"){"
			"%lld,%lld}\\\\]$\"",
			(long long)(p->min > 0 ? p->min - 1 : 0), (long long)p->max - 1);
		break;
	}
}

static bool is_number(enum param_type type)
{
	return type == PARAM_INT || type == PARAM_INT_OR_EMPTY || type == PARAM_TIME;
}

static void add_params(struct buf *b, const struct param *params)
{
	buf_add_str(b, ",\"parameters\":[");
	for (const struct param *p = params; p->name != NULL; p++) {
		buf_add_str(b, p > params ? ",{\"name\":" : "{\"name\":");
		add_text(b, p->name);
		buf_printf(b, ",\"in\":\"query\",\"required\":%s,\"description\":",
			p->required ? "true" : "false");
		add_text(b, p->help);
		buf_add_str(b, ",\"schema\":{");
		add_schema(b, p);
		if (p->default_text != NULL) {
			buf_add_str(b, ",\"default\":");
			if (is_number(p->type))
				buf_add_str(b, p->default_text);
			else
				add_text(b, p->default_text);
		}
		buf_add_str(b, "}}");
	}
	buf_add_char(b, ']');
}

static void add_json_schema(struct buf *b, const struct chart_endpoint *e)
{
	if (e->schema != NULL)
		buf_printf(b, "{\"$ref\":\"#/components/schemas/%s\"}", e->schema);
	else
		buf_add_str(b, "{}");
}

/* What a 200 may hold. */
static void add_content(struct buf *b, const struct chart_endpoint *e)
{
	const char *types = e->types != NULL ? e->types : "application/json";
	const char *separator = "";

	buf_add_str(b, ",\"content\":{");
	while (*types != '\0') {
		size_t len = strcspn(types, "|");

		buf_add_str(b, separator);
		buf_add_json(b, types, len);
		buf_add_str(b, ":{\"schema\":");
		if (strncmp(types, "application/json", len) == 0)
			add_json_schema(b, e);
		else
			buf_add_str(b, "{\"type\":\"string\"}");
		buf_add_char(b, '}');
		separator = ",";
		types += len + (types[len] == '|');
	}
	buf_add_char(b, '}');
}

static void add_answers(struct buf *b, const struct chart_endpoint *e)
{
	buf_add_str(b, ",\"responses\":{\"200\":{\"description\":");
	add_text(b, e->summary);
	if (e->tagged)
		buf_add_str(b, ",\"headers\":{\"ETag\":{\"schema\":{\"type\":\"string\"}}}");
	add_content(b, e);
	buf_add_char(b, '}');
	if (e->tagged)
		buf_add_str(b, ",\"304\":{\"$ref\":\"#/components/responses/NotModified\"}");
	buf_add_str(b, ",\"400\":{\"$ref\":\"#/components/responses/BadRequest\"},"
		       "\"414\":{\"$ref\":\"#/components/responses/TooLong\"},"
		       "\"406\":{\"$ref\":\"#/components/responses/NotAcceptable\"},"
		       "\"429\":{\"$ref\":\"#/components/responses/Busy\"},"
		       "\"500\":{\"$ref\":\"#/components/responses/Failed\"},\"503\":");
	if (e->health) {
		buf_add_str(b, "{\"description\":\"Not healthy; or it could not be found out.\","
			       "\"content\":{\"application/json\":{\"schema\":");
		add_json_schema(b, e);
		buf_add_str(b, "},\"application/problem+json\":{\"schema\":{\"$ref\":"
			       "\"#/components/schemas/Problem\"}}}}");
	} else {
		buf_add_str(b, "{\"$ref\":\"#/components/responses/Busy\"}");
	}
	buf_add_char(b, '}');
}

/* "/api/v1/initial" -> "get_api_v1_initial" */
static void add_name(struct buf *b, const char *method, const char *path)
{
	buf_printf(b, "\"operationId\":\"%s", method);
	for (; *path != '\0'; path++)
		buf_add_char(b, strchr("/.-", *path) ? '_' : *path);
	buf_add_char(b, '"');
}

static void add_path(struct buf *b, const struct chart_endpoint *e)
{
	static const char *const methods[] = {"get", "head"};

	add_text(b, e->path);
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		buf_printf(b, "%s\"%s\":{", i == 0 ? ":{" : ",", methods[i]);
		add_name(b, methods[i], e->path);
		buf_add_str(b, ",\"summary\":");
		add_text(b, e->summary);
		add_params(b, e->params);
		add_answers(b, e);
		buf_add_char(b, '}');
	}
	buf_add_char(b, '}');
}

static void add_problem(struct buf *b, const char *name, const char *description, bool later)
{
	buf_printf(b,
		",\"%s\":{\"description\":\"%s\",\"content\":{\"application/problem+json\":{"
		"\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}%s}",
		name, description,
		later ? ",\"headers\":{\"Retry-After\":{\"required\":true,\"schema\":{\"type\":"
			"\"integer\"}}}"
		      : "");
}

static void add_components(struct buf *b)
{
	buf_printf(b, "\"components\":{\"schemas\":{%s},", chart_schemas);
	buf_add_str(
		b, "\"responses\":{\"NotModified\":{\"description\":\"As If-None-Match has it.\"}");
	add_problem(b, "BadRequest",
		"A parameter is unknown, repeated, missing or wrong; it is named.", false);
	add_problem(b, "NotAcceptable", "The Accept header takes nothing that there is.", false);
	add_problem(b, "TooLong", "The web server takes no address of that length.", false);
	add_problem(b, "Busy", "Not now; try again after that many seconds.", true);
	add_problem(b, "Failed", "An error of ours; it is logged.", false);
	buf_add_str(b, "}}");
}

static void answer(struct chart_reader *r, const struct chart_call *c, struct answer *a)
{
	struct buf *b = &a->body;
	size_t prefix_len = strlen(c->rq->prefix);

	(void)r;
	buf_add_str(b,
		"{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"pricegraph\",\"version\":\"1\","
		"\"description\":\"Prices of an exchange, live, in a chart that is never silently "
		"wrong. Times are milliseconds UTC, prices decimal texts.\",\"license\":{"
		"\"name\":\"MIT\",\"identifier\":\"MIT\"}},\"servers\":[{\"url\":");
	buf_add_json(b, c->rq->prefix, prefix_len > 1 ? prefix_len - 1 : prefix_len);
	buf_add_str(b, "}],\"paths\":{");
	for (const struct chart_endpoint *const *e = chart_endpoints; *e != NULL; e++) {
		add_path(b, *e);
		buf_add_char(b, ',');
	}
	for (size_t i = 0; i < OF_LIVE; i++) {
		buf_add_str(b, i > 0 ? "," : "");
		add_path(b, &of_live[i]);
	}
	buf_add_str(b, "},");
	add_components(b);
	buf_add_str(b, "}\n");
	snprintf(a->headers, sizeof(a->headers), CHART_NO_CACHE);
}

const struct chart_endpoint chart_openapi = {
	.path = "/openapi.json",
	.summary = "The description of all this.",
	.params = chart_no_params,
	.answer = answer,
};
