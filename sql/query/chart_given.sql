-- What stretches of a symbol's past were given at a level that bars of level $3 are made of, as far as it touches a range. Before the first trade
-- of a stretch, and behind the last, others may lie at the same instant. $1 venue, $2 symbol, $3 level (0 1s, 1 1m, 2 1h, 3 1d), [$4, $5) µs
SELECT g.kind, g.from_us + (g.kind IN ('trade', 'aggTrade'))::int AS from_us, g.to_us, g.revision
FROM given_span AS g
WHERE g.venue = $1 AND g.symbol = $2 AND g.from_us < $5 AND g.to_us > $4
	AND CASE g.kind WHEN 'kline_1m' THEN 1 WHEN 'kline_1h' THEN 2 WHEN 'kline_1d' THEN 3 ELSE 0 END <= $3::int
ORDER BY g.kind, g.from_us
