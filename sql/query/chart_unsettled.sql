-- The revision before the first of the seconds in [$3, $4) µs that are stored. $1 venue, $2 symbol
SELECT min(c.revision) - 1 AS revision FROM candle_1s AS c WHERE c.venue = $1 AND c.symbol = $2 AND c.open_us >= $3 AND c.open_us < $4
