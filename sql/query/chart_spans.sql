-- When each stream was heard for a symbol, as far as it touches a range. $1 venue, $2 symbol, $3 its partition, [$4, $5) µs
SELECT u.stream, greatest(u.from_us, sp.from_us) AS from_us, least(coalesce(u.to_us, sp.to_us), sp.to_us) AS to_us
FROM subscription AS u
JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = $3 AND sp.session = u.session
WHERE u.venue = $1 AND u.symbol = $2 AND u.from_us < $5 AND (u.to_us IS NULL OR u.to_us > $4)
	AND sp.from_us < $5 AND sp.to_us > $4
