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
