-- What the readers of candles call: bars of a stored level, windows folded over it, and the settled part of a bar still open. Plain
-- SQL functions that the planner takes apart in place, so that the values of the caller choose the partition and the key.
-- `few`: whether the venue has so few symbols that a scan of the time range costs less than one look-up in the key per part. Measured
-- with 1,500 symbols: 500 parts by range 40-70 ms, by look-ups 2.6-5 ms; with 2 symbols: by range 1.8 ms, by look-ups 2.9 ms. Callers run with
-- plan_cache_mode = force_custom_plan: only then is `few` decided, and the partition chosen, before the plan is made.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

DO $make$
DECLARE
	level record;
	text_of text;
	-- [from_us, to_us) of one symbol, part after part.
	parts constant text := $parts$
		p.venue = <name>.venue AND p.symbol = <name>.symbol AND p.open_us >= <from> AND p.open_us < <to>
		AND (few OR p.open_us = ANY(ARRAY(SELECT generate_series(<from>, <to> - 1, <part>))))
	$parts$;
	bars constant text := $bars$
		CREATE FUNCTION bars_<level>(venue text, symbol text, from_us bigint, to_us bigint, few boolean)
		RETURNS TABLE (open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, origin smallint, revision bigint, removed boolean)
		LANGUAGE sql STABLE AS $sql$
			SELECT p.open_us, p.open, p.high, p.low, p.close, p.volume, p.quote, p.trades, p.origin, p.revision, p.removed
			FROM pricegraph.candle_<level> AS p
			WHERE <parts>
		$sql$ $bars$;
	-- starts: the first instants of the bars, ascending; the last bar ends at to_us.
	windows constant text := $window$
		CREATE FUNCTION window_<level>(venue text, symbol text, starts bigint[], to_us bigint, few boolean)
		RETURNS TABLE (open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, origin smallint, revision bigint, removed boolean)
		LANGUAGE sql STABLE AS $sql$
			SELECT f.start, f.open, f.high, f.low, f.close, f.volume, f.quote, f.trades, f.origin, f.revision, f.removed
			FROM (SELECT starts[width_bucket(p.open_us, starts)] AS start, <columns>
				FROM pricegraph.candle_<level> AS p
				WHERE <parts>
				GROUP BY 1) AS f
		$sql$ $window$;
BEGIN
	FOR level IN SELECT * FROM (VALUES ('1s', 1000000::bigint), ('1m', 60000000), ('1h', 3600000000), ('1d', 86400000000)) AS l (name, part)
	LOOP
		text_of := replace(bars, '<parts>', parts);
		text_of := replace(replace(replace(text_of, '<name>', 'bars_<level>'), '<from>', 'from_us'), '<to>', 'bars_<level>.to_us');
		EXECUTE replace(replace(text_of, '<level>', level.name), '<part>', level.part::text);
		EXECUTE format('REVOKE ALL ON FUNCTION bars_%s FROM PUBLIC', level.name);
		EXECUTE format('GRANT EXECUTE ON FUNCTION bars_%s TO pricegraph_collector, pricegraph_reader', level.name);
		CONTINUE WHEN level.name = '1s'; -- no interval is a window over seconds
		text_of := replace(replace(windows, '<parts>', parts), '<columns>', fold_columns());
		text_of := replace(replace(replace(text_of, '<name>', 'window_<level>'), '<from>', 'starts[1]'), '<to>', 'window_<level>.to_us');
		EXECUTE replace(replace(text_of, '<level>', level.name), '<part>', level.part::text);
		EXECUTE format('REVOKE ALL ON FUNCTION window_%s FROM PUBLIC', level.name);
		EXECUTE format('GRANT EXECUTE ON FUNCTION window_%s TO pricegraph_collector, pricegraph_reader', level.name);
	END LOOP;
	-- The settled part of an open bar: its days, hours, minutes and seconds, each range beginning where the one before ends; empty ranges
	-- are fine. No row if nothing is stored; one with removed = true if all of it was removed.
	EXECUTE replace($open$
		CREATE FUNCTION open_bar(venue text, symbol text, days_us bigint, hours_us bigint, minutes_us bigint, seconds_us bigint,
			to_us bigint, few boolean)
		RETURNS TABLE (open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, origin smallint, revision bigint, removed boolean)
		LANGUAGE sql STABLE AS $sql$
			SELECT f.start, f.open, f.high, f.low, f.close, f.volume, f.quote, f.trades, f.origin, f.revision, f.removed
			FROM (SELECT open_bar.days_us AS start, <columns>
				FROM (SELECT d.open_us, d.open, d.high, d.low, d.close, d.volume, d.quote, d.trades, d.taker_volume,
						d.taker_quote, d.origin, d.revision, d.removed
					FROM pricegraph.candle_1d AS d
					WHERE d.venue = open_bar.venue AND d.symbol = open_bar.symbol AND d.open_us >= days_us AND d.open_us < hours_us
						AND (few OR d.open_us = ANY(ARRAY(SELECT generate_series(days_us, hours_us - 1, 86400000000))))
					UNION ALL
					SELECT h.open_us, h.open, h.high, h.low, h.close, h.volume, h.quote, h.trades, h.taker_volume,
						h.taker_quote, h.origin, h.revision, h.removed
					FROM pricegraph.candle_1h AS h
					WHERE h.venue = open_bar.venue AND h.symbol = open_bar.symbol AND h.open_us >= hours_us AND h.open_us < minutes_us
						AND (few OR h.open_us = ANY(ARRAY(SELECT generate_series(hours_us, minutes_us - 1, 3600000000))))
					UNION ALL
					SELECT m.open_us, m.open, m.high, m.low, m.close, m.volume, m.quote, m.trades, m.taker_volume,
						m.taker_quote, m.origin, m.revision, m.removed
					FROM pricegraph.candle_1m AS m
					WHERE m.venue = open_bar.venue AND m.symbol = open_bar.symbol AND m.open_us >= minutes_us AND m.open_us < seconds_us
						AND (few OR m.open_us = ANY(ARRAY(SELECT generate_series(minutes_us, seconds_us - 1, 60000000))))
					UNION ALL
					SELECT s.open_us, s.open, s.high, s.low, s.close, s.volume, s.quote, s.trades, s.taker_volume,
						s.taker_quote, s.origin, s.revision, s.removed
					FROM pricegraph.candle_1s AS s
					WHERE s.venue = open_bar.venue AND s.symbol = open_bar.symbol AND s.open_us >= seconds_us AND s.open_us < open_bar.to_us
						AND (few OR s.open_us = ANY(ARRAY(SELECT generate_series(seconds_us, open_bar.to_us - 1, 1000000))))
				) AS p
				HAVING count(*) > 0) AS f
		$sql$ $open$, '<columns>', fold_columns());
	REVOKE ALL ON FUNCTION open_bar FROM PUBLIC;
	GRANT EXECUTE ON FUNCTION open_bar TO pricegraph_collector, pricegraph_reader;
END $make$;

-- Every answer asks for a symbol's current subscriptions; the past ones pile up over the years.
CREATE INDEX subscription_current ON subscription (venue, symbol) WHERE to_us IS NULL;
