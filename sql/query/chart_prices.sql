-- The last price of symbols, in the order of the exchange's list: of the newest second, minute, hour or day that has one. $1 venue, $2 symbols (NULL: all),
-- settled up to $3, known up to $4 (µs). The levels are read in their order, up to the first that has one.
SELECT s.symbol,
	coalesce(i.status, CASE WHEN EXISTS (
		SELECT FROM subscription AS u WHERE u.venue = $1 AND u.symbol = s.symbol AND u.to_us IS NULL
	) THEN 'TRADING' ELSE 'BREAK' END) AS status,
	last.close
FROM symbol AS s
LEFT JOIN symbol_info AS i ON i.venue = s.venue AND i.symbol = s.symbol
LEFT JOIN LATERAL (
	SELECT p.close
	FROM (
		(SELECT 0 AS level, c.close FROM candle_1s AS c
		WHERE c.venue = $1 AND c.symbol = s.symbol
			AND c.open_us >= $3::bigint - $3::bigint % 60000000 AND c.open_us < $4::bigint AND NOT c.removed
		ORDER BY c.open_us DESC LIMIT 1)
		UNION ALL
		(SELECT 1, c.close FROM candle_1m AS c
		WHERE c.venue = $1 AND c.symbol = s.symbol
			AND c.open_us >= $3::bigint - $3::bigint % 3600000000 AND c.open_us < $3::bigint - $3::bigint % 60000000 AND NOT c.removed
		ORDER BY c.open_us DESC LIMIT 1)
		UNION ALL
		(SELECT 2, c.close FROM candle_1h AS c
		WHERE c.venue = $1 AND c.symbol = s.symbol
			AND c.open_us >= $3::bigint - $3::bigint % 86400000000 AND c.open_us < $3::bigint - $3::bigint % 3600000000 AND NOT c.removed
		ORDER BY c.open_us DESC LIMIT 1)
		UNION ALL
		(SELECT 3, c.close FROM candle_1d AS c
		WHERE c.venue = $1 AND c.symbol = s.symbol AND c.open_us < $3::bigint - $3::bigint % 86400000000 AND NOT c.removed
		ORDER BY c.open_us DESC LIMIT 1)
	) AS p
	LIMIT 1
) AS last ON true
WHERE s.venue = $1 AND ($2::text[] IS NULL OR s.symbol = ANY($2))
ORDER BY i.position, s.symbol
