-- The mean of the typical price, (high + low + close) / 3, weighted by volume, since the bar's UTC day began. Unknown from the first bar of a day
-- on whose volume is unknown, and until something was traded. $1 open_us, $2 high + low + close, $3 volumes (NULL: unknown) of all bars,
-- oldest first; the first $4 are not asked for. $5, $6: sums of price by volume, and of volume, of the first bar's day before it; $7: whether they are known.
SELECT CASE WHEN NOT b.unknown THEN (b.paid / nullif(b.volume, 0))::double precision END AS vwap
FROM (
	SELECT p.i,
		CASE WHEN p.day = first.day THEN $5::numeric ELSE 0 END + sum(p.prices / 3 * p.volume) OVER today AS paid,
		CASE WHEN p.day = first.day THEN $6::numeric ELSE 0 END + sum(p.volume) OVER today AS volume,
		(p.day = first.day AND NOT $7::boolean) OR bool_or(p.volume IS NULL) OVER today AS unknown
	FROM (
		SELECT u.open_us / 86400000000 AS day, u.prices, u.volume, u.i
		FROM unnest($1::bigint[], $2::numeric[], $3::numeric[]) WITH ORDINALITY AS u (open_us, prices, volume, i)
	) AS p
	CROSS JOIN (SELECT ($1::bigint[])[1] / 86400000000 AS day) AS first
	WINDOW today AS (PARTITION BY p.day ORDER BY p.i)
) AS b
WHERE b.i > $4::bigint
ORDER BY b.i
