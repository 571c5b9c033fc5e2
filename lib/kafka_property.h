/*
 * kafka_property: whether librdkafka knows a property and takes a value for it. No state; any thread.
 */
#pragma once
#include "err.h"

/* 0; -1: `e` says what is wrong, without the property's name before it. */
must_check int kafka_property_check(const char *key, const char *value, struct err *e);
