-- Of a gap that lacks ids, how many trades its candles count: those between the candle before the first missing id and the one behind the
-- last (something may have come after the last T of the old session and before the first of the new); where these are not near, between the gap's own ends. Whole hours from their stored folds. $1 venue, $2 symbol, $3 stream, $4 from (µs), $5 cause
WITH hole AS MATERIALIZED (
	SELECT g.first_id, g.last_id, g.from_us - g.from_us % 1000000 AS from_us, g.to_us - g.to_us % 1000000 AS last_us,
		(g.to_us + 999999) / 1000000 * 1000000 AS to_us
	FROM gap AS g
	WHERE g.venue = $1 AND g.symbol = $2 AND g.stream = $3 AND g.from_us = $4::bigint AND g.cause = $5 AND g.first_id IS NOT NULL
), between AS MATERIALIZED (
	SELECT h.first_id, h.last_id,
		coalesce((
			SELECT max(c.open_us) + 1000000 FROM candle_1s AS c
			WHERE c.venue = $1 AND c.symbol = $2 AND c.last_id = h.first_id - 1
				AND c.open_us = ANY(ARRAY(SELECT generate_series(h.from_us - 60000000, least(h.from_us + 60000000, h.to_us), 1000000)))
		), h.from_us) AS from_us,
		coalesce((
			SELECT min(c.open_us) FROM candle_1s AS c
			WHERE c.venue = $1 AND c.symbol = $2 AND c.first_id = h.last_id + 1
				AND c.open_us = ANY(ARRAY(SELECT generate_series(greatest(h.last_us - 60000000, h.from_us), h.to_us + 60000000, 1000000)))
		), h.to_us) AS to_us
	FROM hole AS h
), bounds AS MATERIALIZED (
	SELECT b.*, least((b.from_us + 3599999999) / 3600000000 * 3600000000, b.to_us) AS hours_us,
		greatest(b.to_us - b.to_us % 3600000000, least((b.from_us + 3599999999) / 3600000000 * 3600000000, b.to_us)) AS rest_us
	FROM between AS b
)
SELECT b.first_id, b.last_id, coalesce(sum(c.trades), 0)::bigint AS trades
FROM bounds AS b
LEFT JOIN LATERAL (
	SELECT s.trades FROM candle_1s AS s
	WHERE s.venue = $1 AND s.symbol = $2
		AND s.open_us = ANY(ARRAY(SELECT generate_series(b.from_us, b.hours_us - 1, 1000000) UNION ALL SELECT generate_series(b.rest_us, b.to_us - 1, 1000000)))
	UNION ALL
	SELECT s.trades FROM candle_1h AS s
	WHERE s.venue = $1 AND s.symbol = $2 AND s.open_us = ANY(ARRAY(SELECT generate_series(b.hours_us, b.rest_us - 1, 3600000000)))
) AS c ON true
GROUP BY b.first_id, b.last_id
