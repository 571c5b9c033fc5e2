-- Of each symbol that has candles in [$2, $3] µs: the last price, and the first. $1 venue
SELECT c.symbol, (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first
FROM candle_1s AS c
WHERE c.venue = $1 AND c.open_us >= $2 AND c.open_us <= $3 AND NOT c.removed
GROUP BY c.symbol
