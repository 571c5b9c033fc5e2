SELECT venue_ensure($1, $2::bigint)
