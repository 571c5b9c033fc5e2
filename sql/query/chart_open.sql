-- $1 venue, $2 symbol, $3 to $7 bounds of the days, hours, minutes and seconds, $8 whether the takers' sums are wanted
SELECT open_us, open, high, low, close, volume, quote, trades, origin, revision, removed,
	CASE WHEN $8 THEN taker_volume END AS taker_volume, CASE WHEN $8 THEN taker_quote END AS taker_quote
FROM open_bar($1, $2, $3, $4, $5, $6, $7)
