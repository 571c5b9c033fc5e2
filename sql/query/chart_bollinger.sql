-- The mean of the last $2 closes, and $4 standard deviations (of the population) above and below. $1 closes of all bars, oldest first; the
-- first $3 are not asked for.
SELECT b.middle::double precision AS middle, (b.middle + $4::numeric * b.deviation)::double precision AS upper,
	(b.middle - $4::numeric * b.deviation)::double precision AS lower
FROM (
	SELECT p.i, CASE WHEN p.i >= $2::bigint THEN avg(p.close) OVER last END AS middle, stddev_pop(p.close) OVER last AS deviation
	FROM unnest($1::numeric[]) WITH ORDINALITY AS p (close, i)
	WINDOW last AS (ORDER BY p.i ROWS BETWEEN $2::bigint - 1 PRECEDING AND CURRENT ROW)
) AS b
WHERE b.i > $3::bigint
ORDER BY b.i
