-- The average price of a range by what was traded in it. $1 venue, $2 symbol, [$3, $4) µs.
-- price: NULL if no volume is known; close: the last one; traded_us: the last second with a trade.
SELECT round(sum(s.quote) / nullif(sum(s.volume), 0), 8) AS price, (max(ARRAY[s.open_us, s.close]))[2] AS close,
	max(s.open_us) FILTER (WHERE s.trades IS DISTINCT FROM 0) AS traded_us
FROM candle_1s AS s
WHERE s.venue = $1 AND s.symbol = $2 AND s.open_us >= $3 AND s.open_us < $4 AND NOT s.removed
