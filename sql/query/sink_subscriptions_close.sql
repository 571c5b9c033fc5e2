UPDATE subscription s
SET to_us = u.to_us
FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[]) AS u (symbol, stream, session, from_us, to_us)
WHERE s.venue = $1 AND s.symbol = u.symbol AND s.stream = u.stream AND s.session = u.session AND s.from_us = u.from_us
