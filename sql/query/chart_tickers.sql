-- The rolling day of symbols, in the order of the exchange's list. $1 venue, $2 symbols (NULL: all), from $3 (a bound of
-- minutes), settled up to $4, known up to $5 (µs). status: as the exchange states it, else by whether it is subscribed to. trades, last_id: NULL where
-- they are not known of all of the day.
SELECT t.symbol,
	coalesce(i.status, CASE WHEN EXISTS (
		SELECT FROM subscription AS u WHERE u.venue = $1 AND u.symbol = t.symbol AND u.to_us IS NULL
	) THEN 'TRADING' ELSE 'BREAK' END) AS status,
	t.told_us, t.open, t.high, t.low, t.close, t.volume, t.quote, t.close - t.open AS change,
	round(100 * (t.close - t.open) / nullif(t.open, 0), 3) AS percent, round(t.quote / nullif(t.volume, 0), 8) AS average,
	coalesce(t.close_before, t.open) AS close_before,
	CASE WHEN t.told_us IS NULL OR t.whole THEN t.trades END AS trades, CASE WHEN t.whole AND t.trades > 0 THEN t.last_id END AS last_id,
	t.told_us IS NOT NULL OR t.whole AS complete
FROM day_tickers($1, $2, $3, $4, $5) AS t
LEFT JOIN symbol_info AS i ON i.venue = $1 AND i.symbol = t.symbol
ORDER BY i.position, t.symbol
