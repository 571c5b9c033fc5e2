-- The exponential average of the closes: the mean of the first $2, then the share 2 / ($2 + 1) of each. $1 closes of all bars, oldest
-- first; the first $3 are not asked for.
SELECT b.ema
FROM (
	SELECT p.i, ema(p.close, $2::int) OVER (ORDER BY p.i) AS ema
	FROM unnest($1::double precision[]) WITH ORDINALITY AS p (close, i)
) AS b
WHERE b.i > $3::bigint
ORDER BY b.i
