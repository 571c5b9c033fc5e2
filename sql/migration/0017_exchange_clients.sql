-- What the exchange's own clients ask for: the takers' sums of a bar, bars that begin by the clock of a time zone, and the rules of each symbol.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- The readers of candles (migration 4) give the takers' sums too, as they are now, with what later migrations made of them.
DO $$
DECLARE
	reader record;
	text_of text;
BEGIN
	FOR reader IN
		SELECT p.oid::regprocedure::text AS name, pg_get_functiondef(p.oid) AS old,
			CASE WHEN p.proname LIKE 'bars%' THEN 'p' ELSE 'f' END AS source
		FROM pg_proc AS p
		WHERE p.pronamespace = 'pricegraph'::regnamespace
			AND p.proname IN ('bars_1s', 'bars_1m', 'bars_1h', 'bars_1d', 'window_1m', 'window_1h', 'window_1d', 'open_bar')
	LOOP
		text_of := replace(reader.old, 'removed boolean)', 'removed boolean, taker_volume numeric, taker_quote numeric)');
		text_of := replace(text_of, format('%1$s.revision, %1$s.removed', reader.source),
			format('%1$s.revision, %1$s.removed, %1$s.taker_volume, %1$s.taker_quote', reader.source));
		IF text_of NOT LIKE '%removed boolean, taker%' OR text_of NOT LIKE '%.removed, %.taker_volume%' THEN
			RAISE EXCEPTION '% is not as expected', reader.name;
		END IF;
		EXECUTE format('DROP FUNCTION %s', reader.name);
		EXECUTE text_of;
		EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', reader.name);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO pricegraph_collector, pricegraph_reader', reader.name);
	END LOOP;
END $$;

-- Bars that begin at any minute, each folded from the greatest stored parts that lie in it: days, at its ends hours, at theirs minutes. starts: as of
-- the windows of migration 4. A part of a minute or more is looked for only if it ends by settled_us; behind that minute come seconds, up to to_us.
DO $make$
BEGIN
	EXECUTE replace($ladder$
		CREATE FUNCTION ladder_bars(venue text, symbol text, starts bigint[], settled_us bigint, to_us bigint)
		RETURNS TABLE (open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, origin smallint, revision bigint, removed boolean, taker_volume numeric, taker_quote numeric)
		LANGUAGE sql STABLE AS $sql$
			WITH bar AS (
				SELECT s.from_us, least(lead(s.from_us, 1, ladder_bars.to_us) OVER (ORDER BY s.from_us),
					greatest(s.from_us, settled_us - settled_us % 60000000)) AS end_us
				FROM unnest(starts) AS s (from_us)
			), hours AS (
				SELECT b.from_us, b.end_us, b.from_us + 3599999999 - (b.from_us + 3599999999) % 3600000000 AS first_us,
					b.end_us - b.end_us % 3600000000 AS last_us
				FROM bar AS b
			), days AS (
				SELECT h.first_us, h.last_us, h.first_us + 86399999999 - (h.first_us + 86399999999) % 86400000000 AS first_day_us,
					h.last_us - h.last_us % 86400000000 AS last_day_us
				FROM hours AS h
			)
			SELECT f.start, f.open, f.high, f.low, f.close, f.volume, f.quote, f.trades, f.origin, f.revision, f.removed,
				f.taker_volume, f.taker_quote
			FROM (SELECT starts[width_bucket(p.open_us, starts)] AS start, <columns>
				FROM (SELECT d.open_us, d.open, d.high, d.low, d.close, d.volume, d.quote, d.trades, d.taker_volume,
						d.taker_quote, d.origin, d.revision, d.removed
					FROM pricegraph.candle_1d AS d
					WHERE d.venue = ladder_bars.venue AND d.symbol = ladder_bars.symbol
						AND d.open_us >= starts[1] AND d.open_us < ladder_bars.to_us
						AND d.open_us = ANY(ARRAY(
							SELECT generate_series(x.first_day_us, x.last_day_us - 1, 86400000000) FROM days AS x))
					UNION ALL
					SELECT h.open_us, h.open, h.high, h.low, h.close, h.volume, h.quote, h.trades, h.taker_volume,
						h.taker_quote, h.origin, h.revision, h.removed
					FROM pricegraph.candle_1h AS h
					WHERE h.venue = ladder_bars.venue AND h.symbol = ladder_bars.symbol
						AND h.open_us >= starts[1] AND h.open_us < ladder_bars.to_us
						AND h.open_us = ANY(ARRAY(
							SELECT generate_series(x.first_us, least(x.first_day_us, x.last_us) - 1, 3600000000) FROM days AS x
							UNION ALL
							SELECT generate_series(greatest(x.first_day_us, x.last_day_us), x.last_us - 1, 3600000000) FROM days AS x))
					UNION ALL
					SELECT m.open_us, m.open, m.high, m.low, m.close, m.volume, m.quote, m.trades, m.taker_volume,
						m.taker_quote, m.origin, m.revision, m.removed
					FROM pricegraph.candle_1m AS m
					WHERE m.venue = ladder_bars.venue AND m.symbol = ladder_bars.symbol
						AND m.open_us >= starts[1] AND m.open_us < ladder_bars.to_us
						AND m.open_us = ANY(ARRAY(
							SELECT generate_series(x.from_us, least(x.first_us, x.end_us) - 1, 60000000) FROM hours AS x
							UNION ALL
							SELECT generate_series(greatest(x.first_us, x.last_us), x.end_us - 1, 60000000) FROM hours AS x))
					UNION ALL
					SELECT s.open_us, s.open, s.high, s.low, s.close, s.volume, s.quote, s.trades, s.taker_volume,
						s.taker_quote, s.origin, s.revision, s.removed
					FROM pricegraph.candle_1s AS s
					WHERE s.venue = ladder_bars.venue AND s.symbol = ladder_bars.symbol
						AND s.open_us >= greatest(starts[1], settled_us - settled_us % 60000000) AND s.open_us < ladder_bars.to_us
						AND s.open_us = ANY(ARRAY(SELECT generate_series(
							greatest(starts[1], settled_us - settled_us % 60000000), ladder_bars.to_us - 1, 1000000)))
				) AS p
				GROUP BY 1) AS f
		$sql$ $ladder$, '<columns>', fold_columns());
	REVOKE ALL ON FUNCTION ladder_bars FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION ladder_bars TO pricegraph_collector, pricegraph_reader;
END $make$;

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
CREATE FUNCTION day_parts(venue text, symbols text[], every boolean, from_us bigint, settled_us bigint, to_us bigint)
RETURNS TABLE (symbol text, open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
	trades bigint, taker_volume numeric, taker_quote numeric, origin smallint, revision bigint, removed boolean, last_id bigint)
LANGUAGE sql STABLE AS $$
	SELECT h.symbol, h.open_us, h.open, h.high, h.low, h.close, h.volume, h.quote, h.trades, h.taker_volume, h.taker_quote, h.origin,
		h.revision, h.removed, NULL::bigint
	FROM pricegraph.candle_1h AS h
	WHERE h.venue = day_parts.venue AND h.open_us >= from_us + 3599999999 - (from_us + 3599999999) % 3600000000
		AND h.open_us < settled_us - settled_us % 3600000000
		AND (every OR (h.symbol = ANY(symbols) AND h.open_us = ANY(ARRAY(SELECT generate_series(
			from_us + 3599999999 - (from_us + 3599999999) % 3600000000, settled_us - settled_us % 3600000000 - 1, 3600000000)))))
	UNION ALL
	SELECT m.symbol, m.open_us, m.open, m.high, m.low, m.close, m.volume, m.quote, m.trades, m.taker_volume, m.taker_quote, m.origin,
		m.revision, m.removed, NULL
	FROM pricegraph.candle_1m AS m
	WHERE m.venue = day_parts.venue AND m.open_us >= from_us
		AND m.open_us < least(from_us + 3599999999 - (from_us + 3599999999) % 3600000000, settled_us - settled_us % 60000000)
		AND (every OR (m.symbol = ANY(symbols) AND m.open_us = ANY(ARRAY(SELECT generate_series(
			from_us, from_us + 3599999999 - (from_us + 3599999999) % 3600000000 - 1, 60000000)))))
	UNION ALL
	SELECT m.symbol, m.open_us, m.open, m.high, m.low, m.close, m.volume, m.quote, m.trades, m.taker_volume, m.taker_quote, m.origin,
		m.revision, m.removed, NULL
	FROM pricegraph.candle_1m AS m
	WHERE m.venue = day_parts.venue AND m.open_us < settled_us - settled_us % 60000000
		AND m.open_us >= greatest(settled_us - settled_us % 3600000000, from_us + 3599999999 - (from_us + 3599999999) % 3600000000)
		AND (every OR (m.symbol = ANY(symbols) AND m.open_us = ANY(ARRAY(SELECT generate_series(
			settled_us - settled_us % 3600000000, settled_us - settled_us % 60000000 - 1, 60000000)))))
	UNION ALL
	SELECT s.symbol, s.open_us, s.open, s.high, s.low, s.close, s.volume, s.quote, s.trades, s.taker_volume, s.taker_quote, s.origin,
		s.revision, s.removed, s.last_id
	FROM pricegraph.candle_1s AS s
	WHERE s.venue = day_parts.venue AND s.open_us >= settled_us - settled_us % 60000000 AND s.open_us < day_parts.to_us
		AND (every OR (s.symbol = ANY(symbols) AND s.open_us = ANY(ARRAY(SELECT generate_series(
			settled_us - settled_us % 60000000, day_parts.to_us - 1, 1000000)))))
$$;

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
