-- Of each symbol that has candles in [$2, $3] µs: the last price, and the first. $1 venue
SELECT s.symbol, last.close AS last, first.open AS first
FROM symbol AS s
CROSS JOIN LATERAL (
	SELECT c.close FROM candle_1s AS c
	WHERE c.venue = $1 AND c.symbol = s.symbol AND c.open_us >= $2 AND c.open_us <= $3 AND NOT c.removed
	ORDER BY c.open_us DESC LIMIT 1
) AS last
CROSS JOIN LATERAL (
	SELECT c.open FROM candle_1s AS c
	WHERE c.venue = $1 AND c.symbol = s.symbol AND c.open_us >= $2 AND c.open_us <= $3 AND NOT c.removed
	ORDER BY c.open_us LIMIT 1
) AS first
WHERE s.venue = $1
