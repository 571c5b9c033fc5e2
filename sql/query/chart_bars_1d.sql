-- $1 venue, $2 symbol, [$3, $4) µs, $5 whether the takers' sums are wanted
SELECT c.open_us, c.open, c.high, c.low, c.close, c.volume, c.quote, c.trades, c.origin, c.revision, c.removed,
	CASE WHEN $5 THEN c.taker_volume END AS taker_volume, CASE WHEN $5 THEN c.taker_quote END AS taker_quote
FROM candle_1d AS c
WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $3 AND c.open_us < $4
ORDER BY c.open_us
