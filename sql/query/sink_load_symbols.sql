SELECT symbol, i, coalesce(first_us, 9223372036854775807), settled_revision FROM symbol WHERE venue = $1
