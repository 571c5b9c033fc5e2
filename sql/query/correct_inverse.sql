-- Lines of a file of corrections (daemon/candle_line.h) that undo a run, and whether the candle was changed again since. $1 venue, $2 symbol, $3 run
SELECT concat_ws(',', f.level, f.open_us / 1000, CASE
		WHEN (f.old ->> 'origin')::int IS DISTINCT FROM 5 AND (l.new ->> 'origin')::int = 5 THEN 'withdraw'
		WHEN f.old IS NULL OR (f.old ->> 'removed')::boolean THEN 'remove'
		ELSE concat_ws(',', f.old ->> 'open', f.old ->> 'high', f.old ->> 'low', f.old ->> 'close', coalesce(f.old ->> 'volume', ''),
			coalesce(f.old ->> 'quote', ''), coalesce(f.old ->> 'trades', ''), coalesce(f.old ->> 'taker_volume', ''),
			coalesce(f.old ->> 'taker_quote', ''))
	END) AS line,
	EXISTS (SELECT FROM correction AS c
		WHERE c.venue = $1 AND c.symbol = $2 AND c.level = f.level AND c.open_us = f.open_us AND c.id > l.id) AS again
FROM (
	SELECT DISTINCT ON (c.level, c.open_us) c.level, c.open_us, c.old FROM correction AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.run = $3::bigint ORDER BY c.level, c.open_us, c.id
) AS f
JOIN (
	SELECT DISTINCT ON (c.level, c.open_us) c.level, c.open_us, c.new, c.id FROM correction AS c
	WHERE c.venue = $1 AND c.symbol = $2 AND c.run = $3::bigint ORDER BY c.level, c.open_us, c.id DESC
) AS l ON l.level = f.level AND l.open_us = f.open_us
ORDER BY f.level, f.open_us
