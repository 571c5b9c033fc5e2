-- The relative strength index of the closes over $2 changes, smoothed as Wilder does. $1 closes of all bars, oldest first; the first $3 are
-- not asked for.
SELECT b.rsi
FROM (
	SELECT p.i, rsi(p.close, $2::int) OVER (ORDER BY p.i) AS rsi
	FROM unnest($1::double precision[]) WITH ORDINALITY AS p (close, i)
) AS b
WHERE b.i > $3::bigint
ORDER BY b.i
