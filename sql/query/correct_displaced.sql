-- What was known of corrected seconds without corrections: the last row that a correction took the place of. $1 venue, $2 symbol, $3 their starts; k
-- counts them from 1. Columns as second_candles.sql.
SELECT u.k, (d.old ->> 'open')::numeric, (d.old ->> 'high')::numeric, (d.old ->> 'low')::numeric, (d.old ->> 'close')::numeric,
	(d.old ->> 'volume')::numeric, (d.old ->> 'quote')::numeric, coalesce((d.old ->> 'taker_volume')::numeric, 0),
	coalesce((d.old ->> 'taker_quote')::numeric, 0), (d.old ->> 'trades')::bigint, coalesce((d.old ->> 'first_id')::bigint, -1),
	coalesce((d.old ->> 'last_id')::bigint, -1), (d.old ->> 'origin')::smallint, (d.old ->> 'closed')::boolean, (d.old ->> 'stated_us')::bigint
FROM unnest($3::bigint[]) WITH ORDINALITY AS u (open_us, k)
CROSS JOIN LATERAL (
	SELECT c.old FROM correction AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.level = '1s' AND c.open_us = u.open_us AND (c.old ->> 'origin')::int < 5
	ORDER BY c.id DESC LIMIT 1
) AS d
WHERE NOT (d.old ->> 'removed')::boolean
