-- What the readers of candles call anew, for keys that begin with the symbol: ranges, and no look-ups part by part. A stored bar is read from its
-- table. Plain SQL functions that the planner takes apart in place, so that the values of the caller choose the partition and the key. Run by the owner.
SET LOCAL search_path = pricegraph;

DROP FUNCTION bars_1s, bars_1m, bars_1h, bars_1d, window_1m, window_1h, window_1d, open_bar, ladder_bars, day_tickers, day_parts;

DO $make$
DECLARE
	level text;
	answer constant text := $answer$(open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, origin smallint, revision bigint, removed boolean, taker_volume numeric, taker_quote numeric)$answer$;
	folded constant text := $folded$f.start, f.open, f.high, f.low, f.close, f.volume, f.quote, f.trades, f.origin, f.revision, f.removed,
				f.taker_volume, f.taker_quote$folded$;
	-- starts: the first instants of the bars, ascending; the last bar ends at to_us.
	windows constant text := $window$
		CREATE FUNCTION window_<level>(venue text, symbol text, starts bigint[], to_us bigint)
		RETURNS TABLE <answer> LANGUAGE sql STABLE AS $sql$
			SELECT <folded>
			FROM (SELECT starts[width_bucket(p.open_us, starts)] AS start, <columns>
				FROM pricegraph.candle_<level> AS p
				WHERE p.venue = window_<level>.venue AND p.symbol = window_<level>.symbol
					AND p.open_us >= starts[1] AND p.open_us < window_<level>.to_us
				GROUP BY 1) AS f
		$sql$ $window$;
	-- Bars that begin at any minute, each folded from the greatest stored parts that lie in it: days, at its ends hours, at theirs minutes. starts: as
	-- of the windows. A part of a minute or more is looked for only if it ends by settled_us; behind that minute come seconds, up to to_us.
	-- OFFSET 0: by the key, stretch by stretch.
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
				SELECT h.*, h.first_us + 86399999999 - (h.first_us + 86399999999) % 86400000000 AS first_day_us,
					h.last_us - h.last_us % 86400000000 AS last_day_us
				FROM hours AS h
			)
			SELECT <folded>
			FROM (SELECT starts[width_bucket(p.open_us, starts)] AS start, <columns>
				FROM (
					SELECT r.* FROM days AS x CROSS JOIN LATERAL (<stretches> OFFSET 0) AS r
					UNION ALL <rest>
				) AS p
				GROUP BY 1) AS f
		$sql$ $ladder$;
	-- The settled part of an open bar: its days, hours, minutes and seconds, each range beginning where the one before ends; empty ranges
	-- are fine. No row if nothing is stored; one with removed = true if all of it was removed.
	open_bar constant text := $open$
		CREATE FUNCTION open_bar(venue text, symbol text, days_us bigint, hours_us bigint, minutes_us bigint, seconds_us bigint, to_us bigint)
		RETURNS TABLE <answer> LANGUAGE sql STABLE AS $sql$
			SELECT <folded>
			FROM (SELECT open_bar.days_us AS start, <columns>
				FROM (<rungs>
				) AS p
				HAVING count(*) > 0) AS f
		$sql$ $open$;
	rung constant text := $rung$
					SELECT c.open_us, c.open, c.high, c.low, c.close, c.volume, c.quote, c.trades, c.taker_volume, c.taker_quote, c.origin,
						c.revision, c.removed
					FROM pricegraph.candle_%1$s AS c
					WHERE c.venue = %2$s.venue AND c.symbol = %2$s.symbol AND c.open_us >= %3$s AND c.open_us < %4$s$rung$;
	within constant text := ' AND c.open_us >= starts[1] AND c.open_us < ladder_bars.to_us'; -- by it the partitions are chosen
BEGIN
	FOREACH level IN ARRAY '{1m,1h,1d}'::text[] LOOP -- no interval is a window over seconds
		EXECUTE replace(replace(replace(replace(windows, '<answer>', answer), '<folded>', folded), '<columns>', fold_columns()), '<level>', level);
	END LOOP;
	EXECUTE replace(replace(replace(replace(replace(ladder_bars, '<answer>', answer), '<folded>', folded), '<columns>', fold_columns()), '<stretches>',
		concat_ws(' UNION ALL ', format(rung, '1d', 'ladder_bars', 'x.first_day_us', 'x.last_day_us') || within,
			format(rung, '1h', 'ladder_bars', 'x.first_us', 'least(x.first_day_us, x.last_us)') || within,
			format(rung, '1h', 'ladder_bars', 'greatest(x.first_day_us, x.last_day_us)', 'x.last_us') || within,
			format(rung, '1m', 'ladder_bars', 'x.from_us', 'least(x.first_us, x.end_us)') || within,
			format(rung, '1m', 'ladder_bars', 'greatest(x.first_us, x.last_us)', 'x.end_us') || within)), '<rest>',
		format(rung, '1s', 'ladder_bars', 'greatest(starts[1], settled_us - settled_us % 60000000)', 'ladder_bars.to_us'));
	EXECUTE replace(replace(replace(replace(open_bar, '<answer>', answer), '<folded>', folded), '<columns>', fold_columns()), '<rungs>', concat_ws(
		' UNION ALL ', format(rung, '1d', 'open_bar', 'open_bar.days_us', 'open_bar.hours_us'),
		format(rung, '1h', 'open_bar', 'open_bar.hours_us', 'open_bar.minutes_us'),
		format(rung, '1m', 'open_bar', 'open_bar.minutes_us', 'open_bar.seconds_us'),
		format(rung, '1s', 'open_bar', 'open_bar.seconds_us', 'open_bar.to_us')));
END $make$;

-- The stored parts of a window of many symbols, as of a rolling day: minutes, hours, minutes, and seconds behind the last settled minute. from_us
-- is a bound of minutes. symbols NULL: all of the venue. OFFSET 0: by the key, symbol by symbol.
DO $make$
DECLARE
	stretch record;
	parts text;
	first_hour constant text := 'from_us + 3599999999 - (from_us + 3599999999) % 3600000000';
	last_hour constant text := 'settled_us - settled_us % 3600000000';
	last_minute constant text := 'settled_us - settled_us % 60000000';
BEGIN
	FOR stretch IN SELECT * FROM (VALUES
		('1h', first_hour, last_hour, 'NULL::bigint'),
		('1m', 'from_us', format('least(%s, %s)', first_hour, last_minute), 'NULL'),
		('1m', format('greatest(%s, %s)', last_hour, first_hour), last_minute, 'NULL'),
		('1s', last_minute, 'day_parts.to_us', 'x.last_id')) AS s (level, low, high, last_id)
	LOOP
		parts := concat_ws(' UNION ALL ', parts, format($stretch$
			SELECT x.open_us, x.open, x.high, x.low, x.close, x.volume, x.quote, x.trades, x.taker_volume, x.taker_quote, x.origin,
				x.revision, x.removed, %s
			FROM pricegraph.candle_%s AS x
			WHERE x.venue = day_parts.venue AND x.symbol = s.symbol AND x.open_us >= %s AND x.open_us < %s
			$stretch$, stretch.last_id, stretch.level, stretch.low, stretch.high));
	END LOOP;
	EXECUTE replace($parts$
		CREATE FUNCTION day_parts(venue text, symbols text[], from_us bigint, settled_us bigint, to_us bigint)
		RETURNS TABLE (symbol text, open_us bigint, open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric,
			trades bigint, taker_volume numeric, taker_quote numeric, origin smallint, revision bigint, removed boolean, last_id bigint)
		LANGUAGE sql STABLE AS $sql$
			SELECT s.symbol, p.*
			FROM pricegraph.symbol AS s
			CROSS JOIN LATERAL (<parts> OFFSET 0) AS p
			WHERE s.venue = day_parts.venue AND (day_parts.symbols IS NULL OR s.symbol = ANY(day_parts.symbols))
		$sql$ $parts$, '<parts>', parts);
END $make$;

-- The rolling day of symbols. The exchange's own statement of it (miniTicker) where one of the last seconds is stored: its bar, and told_us. Else
-- the fold of the parts, told_us NULL. trades and last_id always from the parts. whole: nothing of the day is missing in these. close_before: of the
-- minute before from_us. A symbol of which nothing is known in that time has its last close as a flat bar, trades 0.
DO $make$
BEGIN
	EXECUTE replace($tickers$
		CREATE FUNCTION day_tickers(venue text, symbols text[], from_us bigint, settled_us bigint, to_us bigint)
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
				FROM pricegraph.day_parts(day_tickers.venue, day_tickers.symbols, from_us, settled_us, day_tickers.to_us) AS p
				GROUP BY p.symbol
			), folded AS MATERIALIZED (
				SELECT p.symbol, <columns>
				FROM pricegraph.day_parts(day_tickers.venue, day_tickers.symbols, from_us, settled_us, day_tickers.to_us) AS p
				WHERE (SELECT count(*) FROM told) < (SELECT count(*) FROM pricegraph.symbol AS s
						WHERE s.venue = day_tickers.venue AND (day_tickers.symbols IS NULL OR s.symbol = ANY(day_tickers.symbols)))
					AND NOT EXISTS (SELECT FROM told AS t WHERE t.symbol = p.symbol)
				GROUP BY p.symbol
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
			LEFT JOIN missing ON missing.symbol = s.symbol
			LEFT JOIN LATERAL (
				SELECT m.close
				FROM pricegraph.candle_1m AS m
				WHERE m.venue = s.venue AND m.symbol = s.symbol AND m.open_us = from_us - 60000000 AND NOT m.removed OFFSET 0
			) AS before ON true
			LEFT JOIN LATERAL (
				SELECT x.close
				FROM pricegraph.candle_1d AS x
				WHERE x.venue = s.venue AND x.symbol = s.symbol AND x.open_us <= from_us AND NOT x.removed
					AND t.symbol IS NULL AND f.symbol IS NULL
				ORDER BY x.open_us DESC LIMIT 1
			) AS idle ON true
			WHERE s.venue = day_tickers.venue AND (day_tickers.symbols IS NULL OR s.symbol = ANY(day_tickers.symbols))
		$sql$ $tickers$, '<columns>', fold_columns());
END $make$;

REVOKE ALL ON FUNCTION window_1m, window_1h, window_1d, open_bar, ladder_bars, day_parts, day_tickers FROM PUBLIC;
GRANT EXECUTE ON FUNCTION window_1m, window_1h, window_1d, open_bar, ladder_bars, day_parts, day_tickers TO pricegraph_collector, pricegraph_reader;
