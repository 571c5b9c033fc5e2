#include "fcgi_env.h"
#include <stdio.h>
#include <string.h>

static const char *text_of(const struct fcgi_env *env, const char *name)
{
	const char *value = env->get(env->arg, name);
	return value != NULL ? value : "";
}

/* Moves what follows the prefix to the front; false if `path` is not below it. */
static bool strip_prefix(char *path, const char *prefix)
{
	size_t len = strlen(prefix);
	if (strncmp(path, prefix, len) != 0)
		return false;
	memmove(path, path + len - 1, strlen(path + len - 1) + 1);
	return true;
}

static bool path_from_uri(const struct fcgi_env *env, const char *prefix, char path[PATH_SIZE])
{
	const char *uri = text_of(env, "REQUEST_URI");
	size_t len = strcspn(uri, "?#");
	if (len == 0 || len >= PATH_SIZE)
		return false;
	memcpy(path, uri, len);
	path[len] = '\0';
	return strip_prefix(path, prefix);
}

static bool path_from_script(const struct fcgi_env *env, const char *prefix, char path[PATH_SIZE])
{
	int len = snprintf(
		path, PATH_SIZE, "%s%s", text_of(env, "SCRIPT_NAME"), text_of(env, "PATH_INFO"));
	return len > 0 && len < PATH_SIZE && strip_prefix(path, prefix);
}

void fcgi_env_request(
	const struct fcgi_env *env, const char *prefix, char path[PATH_SIZE], struct request *rq)
{
	if (!path_from_uri(env, prefix, path) && !path_from_script(env, prefix, path))
		path[0] = '\0';
	*rq = (struct request){
		.method = text_of(env, "REQUEST_METHOD"),
		.prefix = prefix,
		.path = path,
		.query = text_of(env, "QUERY_STRING"),
		.if_none_match = text_of(env, "HTTP_IF_NONE_MATCH"),
		.accept = text_of(env, "HTTP_ACCEPT"),
		.prefer = text_of(env, "HTTP_PREFER"),
		.last_event_id = text_of(env, "HTTP_LAST_EVENT_ID"),
		.origin = text_of(env, "HTTP_ORIGIN"),
		.time_unit = text_of(env, "HTTP_X_MBX_TIME_UNIT"),
	};
}
