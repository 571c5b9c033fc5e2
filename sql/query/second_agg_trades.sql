-- Every aggregated trade of the seconds ($2 symbols, $3 their starts); k counts them from 1.
SELECT u.k, t.id, t.trade_us, t.price, t.quantity, t.buyer_is_maker, t.first_id, t.last_id
FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS u (symbol, second_us, k)
CROSS JOIN LATERAL (
	SELECT * FROM raw_agg_trade r
	WHERE r.venue = $1 AND r.symbol = u.symbol AND r.trade_us >= u.second_us AND r.trade_us < u.second_us + 1000000
) AS t
