-- The first candle of a range, as the highest level has it that fits. $1 venue, $2 symbol, $3 to $10 the bounds of its seconds, minutes, hours, days,
-- hours, minutes and seconds. level: 0 1s, 1 1m, 2 1h, 3 1d.
SELECT p.level, p.open_us
FROM (
	(SELECT 0 AS level, c.open_us FROM candle_1s AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $3 AND c.open_us < $4 AND NOT c.removed ORDER BY c.open_us LIMIT 1)
	UNION ALL
	(SELECT 1, c.open_us FROM candle_1m AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $4 AND c.open_us < $5 AND NOT c.removed ORDER BY c.open_us LIMIT 1)
	UNION ALL
	(SELECT 2, c.open_us FROM candle_1h AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $5 AND c.open_us < $6 AND NOT c.removed ORDER BY c.open_us LIMIT 1)
	UNION ALL
	(SELECT 3, c.open_us FROM candle_1d AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $6 AND c.open_us < $7 AND NOT c.removed ORDER BY c.open_us LIMIT 1)
	UNION ALL
	(SELECT 2, c.open_us FROM candle_1h AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $7 AND c.open_us < $8 AND NOT c.removed ORDER BY c.open_us LIMIT 1)
	UNION ALL
	(SELECT 1, c.open_us FROM candle_1m AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $8 AND c.open_us < $9 AND NOT c.removed ORDER BY c.open_us LIMIT 1)
	UNION ALL
	(SELECT 0, c.open_us FROM candle_1s AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $9 AND c.open_us < $10 AND NOT c.removed ORDER BY c.open_us LIMIT 1)
) AS p
ORDER BY p.open_us LIMIT 1
