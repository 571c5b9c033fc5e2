-- The average price of a range by what was traded in it. $1 venue, $2 symbol, [$3, $4) µs, $5 whether the venue has few symbols.
-- price: NULL if no volume is known; close: the last one; traded_us: the last second with a trade.
SELECT round(sum(s.quote) / nullif(sum(s.volume), 0), 8) AS price, (max(ARRAY[s.open_us, s.close]))[2] AS close,
	max(s.open_us) FILTER (WHERE s.trades IS DISTINCT FROM 0) AS traded_us
FROM bars_1s($1, $2, $3, $4, $5) AS s
WHERE NOT s.removed
