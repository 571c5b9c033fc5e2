-- $1 venue, $2 symbol, $3 starts of the bars, $4 end of the last, $5 whether the takers' sums are wanted
SELECT open_us, open, high, low, close, volume, quote, trades, origin, revision, removed,
	CASE WHEN $5 THEN taker_volume END AS taker_volume, CASE WHEN $5 THEN taker_quote END AS taker_quote
FROM window_1d($1, $2, $3, $4)
ORDER BY open_us
