SELECT venue_clock_us($1)
