-- $1 venue, $2 symbol, $3 starts of the bars, $4 end of the last, $5 whether the venue has few symbols
SELECT open_us, open, high, low, close, volume, quote, trades, origin, revision, removed
FROM window_1h($1, $2, $3, $4, $5)
ORDER BY open_us
