-- From when on any stream was heard for a symbol at or after $4 (µs). $1 venue, $2 symbol, $3 its partition
SELECT min(greatest(u.from_us, sp.from_us, $4)) AS from_us
FROM subscription AS u
JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = $3 AND sp.session = u.session
WHERE u.venue = $1 AND u.symbol = $2 AND sp.to_us > $4 AND (u.to_us IS NULL OR u.to_us > $4)
