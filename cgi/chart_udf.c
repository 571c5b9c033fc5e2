#include "chart_udf.h"
#include <string.h>
#include <strings.h>

static const struct {
	const char *resolution, *interval;
} resolutions[] = {{"1S", "1s"}, {"S", "1s"}, {"1", "1m"}, {"3", "3m"}, {"5", "5m"}, {"15", "15m"},
	{"30", "30m"}, {"60", "1h"}, {"120", "2h"}, {"240", "4h"}, {"360", "6h"}, {"480", "8h"},
	{"720", "12h"}, {"1D", "1d"}, {"D", "1d"}, {"3D", "3d"}, {"1W", "1w"}, {"W", "1w"},
	{"1M", "1M"}, {"M", "1M"}};

const struct interval *chart_udf_resolution(const char *text)
{
	for (size_t i = 0; i < sizeof(resolutions) / sizeof(resolutions[0]); i++)
		if (strcmp(resolutions[i].resolution, text) == 0)
			return interval_find(resolutions[i].interval);
	return NULL;
}

const char *chart_udf_symbol(const char *text, const char *venue)
{
	const char *colon = strchr(text, ':');

	if (!colon)
		return text;
	if ((size_t)(colon - text) != strlen(venue) || strncasecmp(text, venue, strlen(venue)) != 0)
		return NULL;
	return colon + 1;
}
