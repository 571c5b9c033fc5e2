/*
 * exchange_control: faults by HTTP: `GET /faults` lists kinds and faults, `POST /faults` takes one or
 * an array of them (fault_read.h), `DELETE /faults[?id=]` ends them.
 *
 * For clients on loopback only; others get 403. One owning thread.
 */
#pragma once
#include "exchange_fault.h"

#define CONTROL_BODY_MAX (1u << 20)

enum control_method { CONTROL_GET, CONTROL_POST, CONTROL_DELETE };

bool exchange_control_path(const char *path);
/* Fills `a`; `body` is that of POST. */
void exchange_control(struct exchange_fault *faults, enum control_method method,
	const struct rest_request *r, struct slice body, struct rest_answer *a);
