-- The revision before the first of the seconds in [$3, $4) µs that are stored. $1 venue, $2 symbol, $5 whether the venue has few symbols
SELECT min(b.revision) - 1 AS revision FROM bars_1s($1, $2, $3, $4, $5) AS b
