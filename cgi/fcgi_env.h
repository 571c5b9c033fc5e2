/*
 * fcgi_env: a struct request from the variables of CGI (RFC 3875), wherever they come from.
 */
#pragma once
#include "request.h"

#define PATH_SIZE 1024

struct fcgi_env {
	/* The variable's value, lent as long as the environment lives; NULL if it is not set. */
	const char *(*get)(void *arg, const char *name);
	void *arg;
};

/* Fills `rq`; its texts are lent by the environment and by `path`. The path is what follows `prefix` ("/" or "/x/", with both slashes) in
 * REQUEST_URI, else in SCRIPT_NAME + PATH_INFO, with a leading '/'; "" if the request is not below the prefix or longer than PATH_SIZE. */
void fcgi_env_request(
	const struct fcgi_env *env, const char *prefix, char path[PATH_SIZE], struct request *rq);
