-- What the readers of candles call, anew: with the takers' sums, and with bars that begin by the clock of a time zone.
-- Plain SQL functions that the planner takes apart in place, one within the other, so that the values of the caller choose the partition and the
-- key. `few`: see migration 4. Run by the owner.
SET LOCAL search_path = pricegraph;

DROP FUNCTION bars_1s, bars_1m, bars_1h, bars_1d, window_1m, window_1h, window_1d, open_bar;

DO $make$
DECLARE
	level record;
	text_of text;
	answer constant text := $answer$(open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, origin smallint, revision bigint, removed boolean, taker_volume numeric, taker_quote numeric)$answer$;
	folded constant text := $folded$f.start, f.open, f.high, f.low, f.close, f.volume, f.quote, f.trades, f.origin, f.revision, f.removed,
				f.taker_volume, f.taker_quote$folded$;
	bars constant text := $bars$
		CREATE FUNCTION bars_<level>(venue text, symbol text, from_us bigint, to_us bigint, few boolean)
		RETURNS TABLE <answer> LANGUAGE sql STABLE AS $sql$
			SELECT p.open_us, p.open, p.high, p.low, p.close, p.volume, p.quote, p.trades, p.origin, p.revision, p.removed,
				p.taker_volume, p.taker_quote
			FROM pricegraph.candle_<level> AS p
			WHERE p.venue = bars_<level>.venue AND p.symbol = bars_<level>.symbol AND p.open_us >= from_us AND p.open_us < bars_<level>.to_us
				AND (few OR p.open_us = ANY(ARRAY(SELECT generate_series(from_us, bars_<level>.to_us - 1, <part>))))
		$sql$ $bars$;
	-- starts: the first instants of the bars, ascending; the last bar ends at to_us.
	windows constant text := $window$
		CREATE FUNCTION window_<level>(venue text, symbol text, starts bigint[], to_us bigint, few boolean)
		RETURNS TABLE <answer> LANGUAGE sql STABLE AS $sql$
			SELECT <folded>
			FROM (SELECT starts[width_bucket(p.open_us, starts)] AS start, <columns>
				FROM pricegraph.bars_<level>(window_<level>.venue, window_<level>.symbol, starts[1], window_<level>.to_us, few) AS p
				GROUP BY 1) AS f
		$sql$ $window$;
	-- The settled part of an open bar: its days, hours, minutes and seconds, each range beginning where the one before ends; empty ranges
	-- are fine. No row if nothing is stored; one with removed = true if all of it was removed.
	open_bar constant text := $open$
		CREATE FUNCTION open_bar(venue text, symbol text, days_us bigint, hours_us bigint, minutes_us bigint, seconds_us bigint,
			to_us bigint, few boolean)
		RETURNS TABLE <answer> LANGUAGE sql STABLE AS $sql$
			SELECT <folded>
			FROM (SELECT open_bar.days_us AS start, <columns>
				FROM (SELECT d.* FROM pricegraph.bars_1d(open_bar.venue, open_bar.symbol, days_us, hours_us, few) AS d
					UNION ALL
					SELECT h.* FROM pricegraph.bars_1h(open_bar.venue, open_bar.symbol, hours_us, minutes_us, few) AS h
					UNION ALL
					SELECT m.* FROM pricegraph.bars_1m(open_bar.venue, open_bar.symbol, minutes_us, seconds_us, few) AS m
					UNION ALL
					SELECT s.* FROM pricegraph.bars_1s(open_bar.venue, open_bar.symbol, seconds_us, open_bar.to_us, few) AS s
				) AS p
				HAVING count(*) > 0) AS f
		$sql$ $open$;
	-- Bars that begin at any minute, each folded from the greatest stored parts that lie in it: days, at its ends hours, at theirs minutes. starts: as
	-- of the windows. A part of a minute or more is looked for only if it ends by settled_us; behind that minute come seconds, up to to_us.
	ladder_bars constant text := $ladder$
		CREATE FUNCTION ladder_bars(venue text, symbol text, starts bigint[], settled_us bigint, to_us bigint)
		RETURNS TABLE <answer> LANGUAGE sql STABLE AS $sql$
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
			SELECT <folded>
			FROM (SELECT starts[width_bucket(p.open_us, starts)] AS start, <columns>
				FROM (<rung 1d>
							SELECT generate_series(x.first_day_us, x.last_day_us - 1, 86400000000) FROM days AS x))
					UNION ALL<rung 1h>
							SELECT generate_series(x.first_us, least(x.first_day_us, x.last_us) - 1, 3600000000) FROM days AS x
							UNION ALL
							SELECT generate_series(greatest(x.first_day_us, x.last_day_us), x.last_us - 1, 3600000000) FROM days AS x))
					UNION ALL<rung 1m>
							SELECT generate_series(x.from_us, least(x.first_us, x.end_us) - 1, 60000000) FROM hours AS x
							UNION ALL
							SELECT generate_series(greatest(x.first_us, x.last_us), x.end_us - 1, 60000000) FROM hours AS x))
					UNION ALL<rung 1s>
							SELECT generate_series(greatest(starts[1], settled_us - settled_us % 60000000), ladder_bars.to_us - 1, 1000000)))
						AND c.open_us >= settled_us - settled_us % 60000000
				) AS p
				GROUP BY 1) AS f
		$sql$ $ladder$;
	rung constant text := $rung$
					SELECT c.open_us, c.open, c.high, c.low, c.close, c.volume, c.quote, c.trades, c.taker_volume, c.taker_quote, c.origin,
						c.revision, c.removed
					FROM pricegraph.candle_<level> AS c
					WHERE c.venue = ladder_bars.venue AND c.symbol = ladder_bars.symbol
						AND c.open_us >= starts[1] AND c.open_us < ladder_bars.to_us AND c.open_us = ANY(ARRAY($rung$;
BEGIN
	text_of := ladder_bars;
	FOR level IN SELECT * FROM (VALUES ('1s', 1000000::bigint), ('1m', 60000000), ('1h', 3600000000), ('1d', 86400000000)) AS l (name, part)
	LOOP
		EXECUTE replace(replace(replace(bars, '<answer>', answer), '<level>', level.name), '<part>', level.part::text);
		text_of := replace(text_of, '<rung ' || level.name || '>', replace(rung, '<level>', level.name));
		CONTINUE WHEN level.name = '1s'; -- no interval is a window over seconds
		EXECUTE replace(replace(replace(replace(windows, '<answer>', answer), '<folded>', folded), '<columns>', fold_columns()), '<level>', level.name);
	END LOOP;
	EXECUTE replace(replace(replace(text_of, '<answer>', answer), '<folded>', folded), '<columns>', fold_columns());
	EXECUTE replace(replace(replace(open_bar, '<answer>', answer), '<folded>', folded), '<columns>', fold_columns());
END $make$;

REVOKE ALL ON FUNCTION bars_1s, bars_1m, bars_1h, bars_1d, window_1m, window_1h, window_1d, open_bar, ladder_bars FROM PUBLIC;
GRANT EXECUTE ON FUNCTION bars_1s, bars_1m, bars_1h, bars_1d, window_1m, window_1h, window_1d, open_bar, ladder_bars
TO pricegraph_collector, pricegraph_reader;
