-- Writes what differs, and tells what was written. A correction stands, a removal too; a closed
-- candle gives way only to a later statement, which may not know the ids.
INSERT INTO candle_1s AS c
SELECT DISTINCT ON (open_us, symbol) * FROM slow_candle
ORDER BY open_us, symbol, origin DESC, closed DESC, stated_us DESC, trades DESC NULLS LAST
ON CONFLICT (open_us, symbol, venue) DO UPDATE
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
RETURNING symbol, open_us
