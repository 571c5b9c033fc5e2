-- Every raw trade of the seconds ($2 symbols, $3 their starts); k counts them from 1. A second of which many symbols are asked for is read
-- once for all of them: their keys begin with the time, so that a look-up passes by the rows of all symbols of its second.
-- OFFSET 0: by the key, second by second, whatever is known of a new partition's size.
WITH u AS MATERIALIZED (
	SELECT a.*, count(*) OVER (PARTITION BY a.second_us) >= 4 AS many
	FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS a (symbol, second_us, k)
), t AS MATERIALIZED (
	SELECT s.second_us, r.symbol, r.id, r.trade_us, r.price, r.quantity, r.buyer_is_maker
	FROM (SELECT DISTINCT second_us FROM u WHERE many) AS s
	CROSS JOIN LATERAL (SELECT * FROM raw_trade WHERE venue = $1 AND trade_us >= s.second_us AND trade_us < s.second_us + 1000000 OFFSET 0) AS r
)
SELECT u.k, t.id, t.trade_us, t.price, t.quantity, t.buyer_is_maker
FROM u JOIN t ON t.symbol = u.symbol AND t.second_us = u.second_us WHERE u.many
UNION ALL
SELECT u.k, r.id, r.trade_us, r.price, r.quantity, r.buyer_is_maker
FROM u
CROSS JOIN LATERAL (
	SELECT * FROM raw_trade WHERE venue = $1 AND symbol = u.symbol AND trade_us >= u.second_us AND trade_us < u.second_us + 1000000 OFFSET 0
) AS r
WHERE NOT u.many
