-- The last day with a candle before the day that holds $3 (µs), not before the one that holds $4. $1 venue, $2 symbol. level 3: 1d.
SELECT 3 AS level, c.open_us, c.close, c.revision
FROM generate_series($3::bigint - $3::bigint % 86400000000 - 86400000000, $4::bigint - $4::bigint % 86400000000, -86400000000) AS day,
LATERAL (
	SELECT d.open_us, d.close, d.revision
	FROM candle_1d AS d
	WHERE d.venue = $1 AND d.symbol = $2 AND d.open_us = day AND NOT d.removed
	LIMIT 1
) AS c
LIMIT 1
