-- What chart_vwap needs of the seconds that are not read: $1 venue, $2 symbol, [$3, $4) µs, $5 whether the venue has few symbols
SELECT coalesce(sum((b.high + b.low + b.close) / 3 * b.volume), 0) AS paid, coalesce(sum(b.volume), 0) AS volume,
	coalesce(bool_and(b.volume IS NOT NULL), true) AS known
FROM bars_1s($1, $2, $3, $4, $5) AS b
WHERE NOT b.removed
