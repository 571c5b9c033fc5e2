/*
 * clock: the one time unit inside: int64 microseconds.
 *
 * Wall and market times count from the Unix epoch, UTC; monotonic times from an
 * arbitrary start and are for time-outs only. No state.
 */
#pragma once
#include <stdint.h>

#define MS_US 1000LL
#define SECOND_US 1000000LL
#define MINUTE_US (60 * SECOND_US)
#define HOUR_US (60 * MINUTE_US)
#define DAY_US (24 * HOUR_US)

int64_t clock_wall_us(void);
int64_t clock_mono_us(void);
/* Since the machine began, with the time that it slept; the same for all processes. */
int64_t clock_boot_us(void);

/* `t` rounded down (towards minus infinity) to a multiple of `width` > 0. No overflow. */
int64_t clock_floor(int64_t t_us, int64_t width_us);

/* The exchange's integer times are ms, or µs with timeUnit=MICROSECOND and in the
 * archive since 2025: by magnitude, >= 10^14 means µs (Binance's documentation). Negative or
 * overflowing input gives -1. */
int64_t clock_from_exchange(int64_t ms_or_us);
