-- The mean of the last $2 closes. $1 closes of all bars, oldest first; the first $3 are not asked for.
SELECT b.sma
FROM (
	SELECT p.i, CASE WHEN p.i >= $2::bigint THEN avg(p.close) OVER (ORDER BY p.i ROWS BETWEEN $2::bigint - 1 PRECEDING AND CURRENT ROW) END::double precision AS sma
	FROM unnest($1::numeric[]) WITH ORDINALITY AS p (close, i)
) AS b
WHERE b.i > $3::bigint
ORDER BY b.i
