-- Of a gap that lacks ids, how many trades the candles count where they may lie, and which ids that must be: from the last candle before whose ids are
-- known to the first one behind (a restated one may have lost them), or else just those that are missing. Whole hours from their
-- stored folds. $1 venue, $2 symbol, $3 stream, $4 from (µs), $5 cause
WITH hole AS MATERIALIZED (
	SELECT g.first_id, g.last_id, g.ids_from_us - g.ids_from_us % 1000000 AS from_us, (g.ids_to_us + 999999) / 1000000 * 1000000 AS to_us
	FROM gap AS g
	WHERE g.venue = $1 AND g.symbol = $2 AND g.stream = $3 AND g.from_us = $4::bigint AND g.cause = $5 AND g.first_id IS NOT NULL
), bounds AS MATERIALIZED (
	SELECT h.first_id, h.last_id, coalesce(before.last_id + 1, h.first_id) AS due_first, coalesce(behind.first_id - 1, h.last_id) AS due_last,
		coalesce(before.open_us + 1000000, h.from_us) AS from_us, coalesce(behind.open_us, h.to_us) AS to_us
	FROM hole AS h
	LEFT JOIN LATERAL (
		SELECT c.open_us, c.last_id FROM candle_1s AS c
		WHERE c.venue = $1 AND c.symbol = $2 AND c.origin = 4 AND c.closed AND c.last_id < h.first_id
			AND c.open_us >= h.from_us - 60000000 AND c.open_us < h.from_us
		ORDER BY c.open_us DESC LIMIT 1
	) AS before ON true
	LEFT JOIN LATERAL (
		SELECT c.open_us, c.first_id FROM candle_1s AS c
		WHERE c.venue = $1 AND c.symbol = $2 AND c.origin = 4 AND c.closed AND c.first_id > h.last_id
			AND c.open_us >= h.to_us AND c.open_us <= h.to_us + 60000000
		ORDER BY c.open_us LIMIT 1
	) AS behind ON true
), hours AS MATERIALIZED (
	SELECT b.*, least((b.from_us + 3599999999) / 3600000000 * 3600000000, b.to_us) AS hours_us,
		greatest(b.to_us - b.to_us % 3600000000, least((b.from_us + 3599999999) / 3600000000 * 3600000000, b.to_us)) AS rest_us
	FROM bounds AS b
)
SELECT h.first_id, h.last_id, h.due_first, h.due_last, coalesce((
	SELECT sum(c.trades) FROM (
		SELECT s.trades FROM candle_1s AS s
		WHERE s.venue = $1 AND s.symbol = $2 AND s.open_us >= h.from_us AND s.open_us < h.hours_us
		UNION ALL
		SELECT s.trades FROM candle_1s AS s
		WHERE s.venue = $1 AND s.symbol = $2 AND s.open_us >= h.rest_us AND s.open_us < h.to_us
		UNION ALL
		SELECT s.trades FROM candle_1h AS s
		WHERE s.venue = $1 AND s.symbol = $2 AND s.open_us >= h.hours_us AND s.open_us < h.rest_us
	) AS c
), 0)::bigint AS trades
FROM hours AS h
