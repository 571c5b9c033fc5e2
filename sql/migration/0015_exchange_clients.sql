-- What the exchange's own clients ask for: the rules of each symbol, and its rolling day.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- The rules of a symbol as the exchange states them, whether it is collected or not: its object in exchangeInfo, byte for byte. position: in that list.
CREATE TABLE symbol_info (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	symbol text NOT NULL,
	position int NOT NULL,
	status text NOT NULL,
	info text NOT NULL,
	PRIMARY KEY (venue, symbol)
);

-- The stored parts of a window of many symbols, as of a rolling day: minutes, hours, minutes, and seconds behind the last settled minute. from_us
-- is a bound of minutes. symbols NULL: all of the venue. every: the ranges are scanned, for most symbols of the venue; else the parts are looked up.
DO $make$
DECLARE
	stretch record;
	parts text;
	first_hour constant text := 'from_us + 3599999999 - (from_us + 3599999999) % 3600000000';
	last_hour constant text := 'settled_us - settled_us % 3600000000';
	last_minute constant text := 'settled_us - settled_us % 60000000';
BEGIN
	FOR stretch IN SELECT * FROM (VALUES
		('1h', 3600000000, first_hour, last_hour, 'NULL::bigint'),
		('1m', 60000000, 'from_us', format('least(%s, %s)', first_hour, last_minute), 'NULL'),
		('1m', 60000000, format('greatest(%s, %s)', last_hour, first_hour), last_minute, 'NULL'),
		('1s', 1000000, last_minute, 'day_parts.to_us', 'x.last_id')) AS s (level, part, low, high, last_id)
	LOOP
		parts := concat_ws(' UNION ALL ', parts, replace(replace(format($stretch$
			SELECT x.symbol, x.open_us, x.open, x.high, x.low, x.close, x.volume, x.quote, x.trades, x.taker_volume, x.taker_quote, x.origin,
				x.revision, x.removed, %s
			FROM pricegraph.candle_%s AS x
			WHERE x.venue = day_parts.venue AND x.open_us >= <low> AND x.open_us < <high>
				AND (every OR (x.symbol = ANY(symbols) AND x.open_us = ANY(ARRAY(SELECT generate_series(<low>, <high> - 1, %s)))))
			$stretch$, stretch.last_id, stretch.level, stretch.part), '<low>', stretch.low), '<high>', stretch.high));
	END LOOP;
	EXECUTE replace($parts$
		CREATE FUNCTION day_parts(venue text, symbols text[], every boolean, from_us bigint, settled_us bigint, to_us bigint)
		RETURNS TABLE (symbol text, open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, taker_volume numeric, taker_quote numeric, origin smallint, revision bigint, removed boolean, last_id bigint)
		LANGUAGE sql STABLE AS $sql$ <parts> $sql$ $parts$, '<parts>', parts);
END $make$;

-- The rolling day of symbols. The exchange's own statement of it (miniTicker) where one of the last seconds is stored: its bar, and told_us. Else
-- the fold of the parts, told_us NULL. trades and last_id always from the parts. whole: nothing of the day is missing in these. close_before: of the
-- minute before from_us. A symbol of which nothing is known in that time has its last close as a flat bar, trades 0.
DO $make$
BEGIN
	EXECUTE replace($tickers$
		CREATE FUNCTION day_tickers(venue text, symbols text[], every boolean, from_us bigint, settled_us bigint, to_us bigint)
		RETURNS TABLE (symbol text, told_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, last_id bigint, whole boolean, close_before numeric)
		LANGUAGE sql STABLE AS $sql$
			WITH told AS MATERIALIZED (
				SELECT DISTINCT ON (t.symbol) t.symbol, t.event_us, t.open, t.high, t.low, t.close, t.volume, t.quote
				FROM pricegraph.raw_mini_ticker AS t
				WHERE t.venue = day_tickers.venue AND t.event_us >= settled_us - 5000000 AND t.event_us < day_tickers.to_us
					AND (day_tickers.symbols IS NULL OR t.symbol = ANY(day_tickers.symbols))
				ORDER BY t.symbol, t.event_us DESC
			), counted AS (
				SELECT p.symbol, CASE WHEN count(*) FILTER (WHERE NOT p.removed AND p.trades IS NULL) = 0
					THEN coalesce(sum(p.trades) FILTER (WHERE NOT p.removed), 0)::bigint END AS trades,
					max(p.last_id) AS last_id
				FROM pricegraph.day_parts(day_tickers.venue, day_tickers.symbols, every, from_us, settled_us, day_tickers.to_us) AS p
				GROUP BY p.symbol
			), folded AS MATERIALIZED (
				SELECT p.symbol, <columns>
				FROM pricegraph.day_parts(day_tickers.venue, day_tickers.symbols, every, from_us, settled_us, day_tickers.to_us) AS p
				WHERE (SELECT count(*) FROM told) < (SELECT count(*) FROM pricegraph.symbol AS s
						WHERE s.venue = day_tickers.venue AND (day_tickers.symbols IS NULL OR s.symbol = ANY(day_tickers.symbols)))
					AND NOT EXISTS (SELECT FROM told AS t WHERE t.symbol = p.symbol)
				GROUP BY p.symbol
			), before AS (
				SELECT m.symbol, m.close
				FROM pricegraph.candle_1m AS m
				WHERE m.venue = day_tickers.venue AND m.open_us = from_us - 60000000 AND NOT m.removed
					AND (every OR m.symbol = ANY(day_tickers.symbols))
			), missing AS (
				SELECT DISTINCT g.symbol
				FROM pricegraph.gap AS g
				WHERE g.venue = day_tickers.venue AND g.state <> 'repaired' AND g.to_us > from_us
			)
			SELECT s.symbol, t.event_us, coalesce(t.open, f.open, idle.close), coalesce(t.high, f.high, idle.close),
				coalesce(t.low, f.low, idle.close), coalesce(t.close, f.close, idle.close), coalesce(t.volume, f.volume),
				coalesce(t.quote, f.quote), coalesce(c.trades, 0), c.last_id, coalesce(s.first_us <= from_us, false) AND missing.symbol IS NULL,
				before.close
			FROM pricegraph.symbol AS s
			LEFT JOIN told AS t ON t.symbol = s.symbol
			LEFT JOIN counted AS c ON c.symbol = s.symbol
			LEFT JOIN folded AS f ON f.symbol = s.symbol AND NOT f.removed
			LEFT JOIN before ON before.symbol = s.symbol
			LEFT JOIN missing ON missing.symbol = s.symbol
			LEFT JOIN LATERAL (
				SELECT d.close
				FROM generate_series(from_us - from_us % 86400000000, s.first_us - s.first_us % 86400000000, -86400000000) AS day,
				LATERAL (SELECT x.close FROM pricegraph.candle_1d AS x
					WHERE x.venue = s.venue AND x.symbol = s.symbol AND x.open_us = day AND NOT x.removed LIMIT 1) AS d
				WHERE t.symbol IS NULL AND f.symbol IS NULL AND s.first_us > 0
				LIMIT 1
			) AS idle ON true
			WHERE s.venue = day_tickers.venue AND (day_tickers.symbols IS NULL OR s.symbol = ANY(day_tickers.symbols))
		$sql$ $tickers$, '<columns>', fold_columns());
	REVOKE ALL ON FUNCTION day_parts, day_tickers FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION day_parts, day_tickers TO pricegraph_collector, pricegraph_reader;
END $make$;
