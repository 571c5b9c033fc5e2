/* answer_fixture: an answer that is empty and 200 before each test, for parsers that refuse by one. Included by one .c file a program. */
#pragma once
#include "cgi/request.h"
#include "test.h"

static struct answer a;

static int set_up(void **state)
{
	(void)state;
	a = (struct answer){.status = 200};
	buf_init(&a.body, 4000);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	buf_done(&a.body);
	return 0;
}
