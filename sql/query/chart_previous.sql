-- The last candle before $3 (µs), from the highest level that has it: seconds of its minute, minutes of its hour, hours of its day, days before it.
-- $1 venue, $2 symbol. level: 0 1s, 1 1m, 2 1h, 3 1d.
SELECT p.level, p.open_us, p.close, p.revision
FROM (
	(SELECT 0 AS level, c.open_us, c.close, c.revision FROM candle_1s AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us < $3 AND c.open_us >= $3::bigint - $3::bigint % 60000000 AND NOT c.removed
	ORDER BY c.open_us DESC LIMIT 1)
	UNION ALL
	(SELECT 1, c.open_us, c.close, c.revision FROM candle_1m AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us < $3::bigint - $3::bigint % 60000000 AND c.open_us >= $3::bigint - $3::bigint % 3600000000
		AND NOT c.removed
	ORDER BY c.open_us DESC LIMIT 1)
	UNION ALL
	(SELECT 2, c.open_us, c.close, c.revision FROM candle_1h AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us < $3::bigint - $3::bigint % 3600000000 AND c.open_us >= $3::bigint - $3::bigint % 86400000000
		AND NOT c.removed
	ORDER BY c.open_us DESC LIMIT 1)
	UNION ALL
	(SELECT 3, c.open_us, c.close, c.revision FROM candle_1d AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us < $3::bigint - $3::bigint % 86400000000 AND NOT c.removed
	ORDER BY c.open_us DESC LIMIT 1)
) AS p
ORDER BY p.open_us DESC LIMIT 1
