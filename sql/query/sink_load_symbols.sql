-- Of a symbol that nobody listens to, everything up to the last that was given is settled.
SELECT s.symbol, s.i, coalesce(s.first_us, 9223372036854775807), s.settled_revision,
	coalesce((SELECT max(g.to_us - g.to_us % 1000000) FROM given_span AS g WHERE g.venue = s.venue AND g.symbol = s.symbol), -9223372036854775808)
FROM symbol AS s
WHERE s.venue = $1
