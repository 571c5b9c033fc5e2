-- Writes what differs, and tells what was written: symbol, open_us, and whether the bars above stay as they are. A correction stands, a removal
-- too, and a kline waits beneath it; a closed candle gives way only to a later statement, which may not know the ids.
-- A minute stays if it is a fold of its seconds, all that it sums up is as it was, and prices moved only where another second decides:
-- strictly between high and low, and not at an end. Of several seconds of a minute each may be judged alone: those that decide did not move.
WITH put AS (
	INSERT INTO candle_1s AS c
	SELECT DISTINCT ON (symbol, open_us) * FROM slow_candle
	ORDER BY symbol, open_us, origin DESC, closed DESC, stated_us DESC, trades DESC NULLS LAST
	ON CONFLICT (symbol, open_us, venue) DO UPDATE
	SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
		volume = excluded.volume, quote = excluded.quote, trades = excluded.trades,
		taker_volume = excluded.taker_volume, taker_quote = excluded.taker_quote,
		first_id = coalesce(excluded.first_id, CASE WHEN excluded.trades = c.trades THEN c.first_id END),
		last_id = coalesce(excluded.last_id, CASE WHEN excluded.trades = c.trades THEN c.last_id END), origin = excluded.origin,
		closed = excluded.closed, stated_us = excluded.stated_us, revision = excluded.revision, removed = false
	WHERE c.origin < 5
		AND NOT (c.closed AND (NOT excluded.closed OR excluded.stated_us <= c.stated_us))
		AND (c.open, c.high, c.low, c.close, c.volume, c.quote, c.trades, c.taker_volume, c.taker_quote,
			c.origin, c.closed, c.stated_us, c.removed)
		IS DISTINCT FROM (excluded.open, excluded.high, excluded.low, excluded.close, excluded.volume,
			excluded.quote, excluded.trades, excluded.taker_volume, excluded.taker_quote,
			excluded.origin, excluded.closed, excluded.stated_us, false)
	RETURNING *
), waiting AS (
	INSERT INTO kline_beneath AS b (venue, symbol, open_us, open, high, low, close, volume, quote, trades, taker_volume, taker_quote,
		first_id, last_id, closed, stated_us)
	SELECT DISTINCT ON (s.symbol, s.open_us) s.venue, s.symbol, s.open_us, s.open, s.high, s.low, s.close, s.volume, s.quote, s.trades,
		s.taker_volume, s.taker_quote, s.first_id, s.last_id, s.closed, s.stated_us
	FROM slow_candle AS s
	CROSS JOIN LATERAL (
		SELECT FROM candle_1s AS c WHERE c.venue = s.venue AND c.symbol = s.symbol AND c.open_us = s.open_us AND c.origin = 5 OFFSET 0
	) AS corrected
	WHERE s.origin = 4 AND (SELECT EXISTS (SELECT FROM correction))
	ORDER BY s.symbol, s.open_us, s.closed DESC, s.stated_us DESC
	ON CONFLICT (venue, symbol, open_us) DO UPDATE
	SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close,
		volume = excluded.volume, quote = excluded.quote, trades = excluded.trades,
		taker_volume = excluded.taker_volume, taker_quote = excluded.taker_quote,
		first_id = coalesce(excluded.first_id, CASE WHEN excluded.trades = b.trades THEN b.first_id END),
		last_id = coalesce(excluded.last_id, CASE WHEN excluded.trades = b.trades THEN b.last_id END),
		closed = excluded.closed, stated_us = excluded.stated_us
	WHERE (b.closed, b.stated_us) < (excluded.closed, excluded.stated_us)
)
SELECT n.symbol, n.open_us, coalesce(
	(o.volume, o.quote, o.trades, o.taker_volume, o.taker_quote, o.origin, o.closed, o.removed)
		IS NOT DISTINCT FROM (n.volume, n.quote, n.trades, n.taker_volume, n.taker_quote, n.origin, n.closed, false)
	AND n.trades IS DISTINCT FROM 0
	AND (n.high = o.high OR (n.high <= m.high AND o.high < m.high)) AND (n.low = o.low OR (n.low >= m.low AND o.low > m.low))
	AND (n.open = o.open OR (n.open_us > m.open_us AND EXISTS (
		SELECT FROM candle_1s AS c WHERE c.venue = n.venue AND c.symbol = n.symbol AND c.open_us = n.open_us - 1000000
			AND NOT c.removed AND c.trades IS DISTINCT FROM 0)))
	AND (n.close = o.close OR (n.open_us < m.open_us + 59000000 AND EXISTS (
		SELECT FROM candle_1s AS c WHERE c.venue = n.venue AND c.symbol = n.symbol AND c.open_us = n.open_us + 1000000
			AND NOT c.removed AND c.trades IS DISTINCT FROM 0))), false) AS stays
FROM put AS n
-- Both as they were before. OFFSET 0: by the key, row by row, whatever is known of a new partition's size.
LEFT JOIN LATERAL (
	SELECT * FROM candle_1s AS c WHERE c.venue = n.venue AND c.symbol = n.symbol AND c.open_us = n.open_us OFFSET 0
) AS o ON true
LEFT JOIN LATERAL (
	SELECT * FROM candle_1m AS c WHERE c.venue = n.venue AND c.symbol = n.symbol AND c.open_us = n.open_us - n.open_us % 60000000
		AND NOT c.removed AND c.stated_us IS NULL OFFSET 0
) AS m ON true
