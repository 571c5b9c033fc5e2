-- Until when any stream was heard for a symbol before $4 (µs). $1 venue, $2 symbol, $3 its partition
SELECT max(least(coalesce(u.to_us, sp.to_us), sp.to_us, $4)) AS to_us
FROM subscription AS u
JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = $3 AND sp.session = u.session
WHERE u.venue = $1 AND u.symbol = $2 AND u.from_us < $4 AND sp.from_us < $4
