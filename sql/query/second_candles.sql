-- The stored seconds of kline rank or above. A correction may not know its taker volumes; it is not written again.
SELECT u.k, c.open, c.high, c.low, c.close, c.volume, c.quote, coalesce(c.taker_volume, 0), coalesce(c.taker_quote, 0), c.trades,
	coalesce(c.first_id, -1), coalesce(c.last_id, -1), c.origin, c.closed, c.stated_us
FROM unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS u (symbol, second_us, k)
JOIN candle_1s c ON c.venue = $1 AND c.symbol = u.symbol AND c.open_us = u.second_us AND c.origin >= 4
