-- What chart_vwap needs of the seconds that are not read: $1 venue, $2 symbol, [$3, $4) µs
SELECT coalesce(sum((b.high + b.low + b.close) / 3 * b.volume), 0) AS paid, coalesce(sum(b.volume), 0) AS volume,
	coalesce(bool_and(b.volume IS NOT NULL), true) AS known
FROM candle_1s AS b
WHERE b.venue = $1 AND b.symbol = $2 AND b.open_us >= $3 AND b.open_us < $4 AND NOT b.removed
