-- Every sample of the seconds ($2 symbols, $3 their starts); k counts them from 1. A second of which many symbols are asked for is read
-- once for all of them: their keys begin with the time, so that a look-up passes by the rows of all symbols of its second.
-- OFFSET 0: by the key, second by second, whatever is known of a new partition's size.
WITH u AS MATERIALIZED (
	SELECT a.*, count(*) OVER (PARTITION BY a.second_us) >= 4 AS many
	FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS a (symbol, second_us, k)
), t AS MATERIALIZED (
	SELECT s.second_us, r.symbol, r.event_us, r.close
	FROM (SELECT DISTINCT second_us FROM u WHERE many) AS s
	CROSS JOIN LATERAL (SELECT * FROM raw_mini_ticker WHERE venue = $1 AND event_us >= s.second_us AND event_us < s.second_us + 1000000 OFFSET 0) AS r
)
SELECT u.k, t.event_us, t.close
FROM u JOIN t ON t.symbol = u.symbol AND t.second_us = u.second_us WHERE u.many
UNION ALL
SELECT u.k, r.event_us, r.close
FROM u
CROSS JOIN LATERAL (
	SELECT * FROM raw_mini_ticker WHERE venue = $1 AND symbol = u.symbol AND event_us >= u.second_us AND event_us < u.second_us + 1000000 OFFSET 0
) AS r
WHERE NOT u.many
