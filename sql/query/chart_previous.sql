-- The last candle before $3 (µs) on the same day, from the highest level that has it: seconds of its minute, minutes of its hour, hours of its
-- day. $1 venue, $2 symbol, $4 whether the venue has few symbols. level: 0 1s, 1 1m, 2 1h.
SELECT p.level, p.open_us, p.close, p.revision
FROM (
	SELECT 0 AS level, s.* FROM bars_1s($1, $2, $3::bigint - $3::bigint % 60000000, $3::bigint, $4) AS s
	UNION ALL
	SELECT 1, m.* FROM bars_1m($1, $2, $3::bigint - $3::bigint % 3600000000, $3::bigint - $3::bigint % 60000000, $4) AS m
	UNION ALL
	SELECT 2, h.* FROM bars_1h($1, $2, $3::bigint - $3::bigint % 86400000000, $3::bigint - $3::bigint % 3600000000, $4) AS h
) AS p
WHERE NOT p.removed
ORDER BY p.open_us DESC LIMIT 1
