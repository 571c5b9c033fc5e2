SELECT u.k, t.event_us, t.close
FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS u (symbol, second_us, k)
CROSS JOIN LATERAL (
	SELECT * FROM raw_mini_ticker r
	WHERE r.venue = $1 AND r.symbol = u.symbol AND r.event_us >= u.second_us AND r.event_us < u.second_us + 1000000
) AS t
