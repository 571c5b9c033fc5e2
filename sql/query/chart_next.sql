-- The first candle of a range, as the highest level has it that fits. $1 venue, $2 symbol, $3 to $10 the bounds of its seconds, minutes, hours, days,
-- hours, minutes and seconds, $11 whether the venue has few symbols. level: 0 1s, 1 1m, 2 1h, 3 1d.
SELECT p.level, p.open_us
FROM (
	SELECT 0 AS level, s.open_us, s.removed FROM bars_1s($1, $2, $3, $4, $11) AS s
	UNION ALL
	SELECT 1, m.open_us, m.removed FROM bars_1m($1, $2, $4, $5, $11) AS m
	UNION ALL
	SELECT 2, h.open_us, h.removed FROM bars_1h($1, $2, $5, $6, $11) AS h
	UNION ALL
	(SELECT 3, d.open_us, false
	FROM generate_series($6::bigint, $7::bigint - 1, 86400000000) AS day,
	LATERAL (SELECT c.open_us FROM candle_1d AS c WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us = day AND NOT c.removed LIMIT 1) AS d
	LIMIT 1)
	UNION ALL
	SELECT 2, h.open_us, h.removed FROM bars_1h($1, $2, $7, $8, $11) AS h
	UNION ALL
	SELECT 1, m.open_us, m.removed FROM bars_1m($1, $2, $8, $9, $11) AS m
	UNION ALL
	SELECT 0, s.open_us, s.removed FROM bars_1s($1, $2, $9, $10, $11) AS s
) AS p
WHERE NOT p.removed
ORDER BY p.open_us LIMIT 1
