-- $1 venue, $2 symbol, $3 starts of the bars, $4 up to where minutes are stored, $5 end of the last bar, $6 whether the takers' sums are wanted
SELECT open_us, open, high, low, close, volume, quote, trades, origin, revision, removed,
	CASE WHEN $6 THEN taker_volume END AS taker_volume, CASE WHEN $6 THEN taker_quote END AS taker_quote
FROM ladder_bars($1, $2, $3, $4, $5)
ORDER BY open_us
