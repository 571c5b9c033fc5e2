-- $1 venue, $2 symbol, [$3, $4) µs, $5 level whose candles are read (0 1s to 3 1d). What is older than the level is kept is a gap, too: there, a second
-- without a candle tells nothing.
SELECT g.stream, g.from_us, g.to_us, g.cause, g.state, coalesce(g.reason, '') AS reason, g.revision
FROM gap AS g
WHERE g.venue = $1 AND g.symbol = $2 AND g.to_us > $3 AND g.from_us < $4
UNION ALL
SELECT '', coalesce(s.first_us, 0), h.from_us, 'retention', 'unrepairable', 'older than what is kept', 0
FROM horizon AS h
LEFT JOIN symbol AS s ON s.venue = h.venue AND s.symbol = $2
WHERE h.venue = $1 AND h.level = ('{1s,1m,1h,1d}'::text[])[$5::bigint + 1] AND h.from_us > $3 AND coalesce(s.first_us, 0) < least($4, h.from_us)
ORDER BY from_us, stream
