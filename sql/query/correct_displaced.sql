-- What was known of corrected seconds without corrections: the last row that a correction took the place of, or the kline that came behind it; of
-- the two the one that lib/second shows. $1 venue, $2 symbol, $3 their starts; k counts them from 1. Columns as second_candles.sql.
SELECT u.k, d.open, d.high, d.low, d.close, d.volume, d.quote, coalesce(d.taker_volume, 0), coalesce(d.taker_quote, 0), d.trades,
	coalesce(d.first_id, -1), coalesce(d.last_id, -1), d.origin, d.closed, d.stated_us
FROM unnest($3::bigint[]) WITH ORDINALITY AS u (open_us, k)
CROSS JOIN LATERAL (
	SELECT *
	FROM (
		SELECT r.open, r.high, r.low, r.close, r.volume, r.quote, r.taker_volume, r.taker_quote, r.trades, r.first_id, r.last_id, r.origin,
			r.closed, r.stated_us
		FROM (
			SELECT c.old FROM correction AS c
			WHERE c.venue = $1 AND c.symbol = $2 AND c.level = '1s' AND c.open_us = u.open_us AND (c.old ->> 'origin')::int < 5
			ORDER BY c.id DESC LIMIT 1
		) AS last, jsonb_populate_record(NULL::candle_1s, last.old) AS r
		WHERE NOT r.removed
		UNION ALL
		SELECT b.open, b.high, b.low, b.close, b.volume, b.quote, b.taker_volume, b.taker_quote, b.trades, b.first_id, b.last_id, 4, b.closed,
			b.stated_us
		FROM kline_beneath AS b
		WHERE b.venue = $1 AND b.symbol = $2 AND b.open_us = u.open_us
	) AS known
	ORDER BY (known.origin = 4 AND known.closed) DESC, CASE WHEN known.origin = 4 AND known.closed THEN known.stated_us END DESC,
		known.trades DESC NULLS LAST, known.origin DESC, known.stated_us DESC
	LIMIT 1
) AS d
