-- Bars that are given at their level (import, back-fill by hand of 1m, 1h, 1d), and what stretches were given.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- A given bar outranks a fold, unless the fold is at kline rank throughout (every part is there, each of kline rank) or holds a correction.
-- made: 0 a fold of what was there, 1 a fold at kline rank throughout, 2 a fold that holds a correction (or a part removed by hand), 3 the
-- given bar. stated_us: version of the given bar, NULL: none is known. given: that bar while a fold stands before it, else NULL.
-- So a row is a function of its parts and of the newest bar given, in whatever order they came. Whoever writes a fold by another
-- way than fold_<level> says in `made` what it is, and leaves a row that has stated_us to fold_<level>.
CREATE TYPE given_bar AS (
	open numeric, high numeric, low numeric, close numeric, volume numeric, quote numeric, trades bigint, taker_volume numeric, taker_quote numeric
);
DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY '{candle_1m,candle_1h,candle_1d}'::text[] LOOP
		EXECUTE format('ALTER TABLE %I ADD COLUMN made smallint NOT NULL DEFAULT 0, ADD COLUMN stated_us bigint, ADD COLUMN given given_bar', name);
	END LOOP;
END $$;

-- Stretches of the past that were given whole: of bars (kind kline_<level>) each one that opens in [from_us, to_us), those without a trade
-- too; of trades all between two of them. [low, high): by what neighbours are joined: of bars the times, of trades the ids.
CREATE TABLE given_span (
	venue text NOT NULL,
	symbol text NOT NULL,
	kind text NOT NULL CHECK (kind IN ('kline_1s', 'kline_1m', 'kline_1h', 'kline_1d', 'trade', 'aggTrade')),
	low bigint NOT NULL,
	high bigint NOT NULL,
	from_us bigint NOT NULL,
	to_us bigint NOT NULL,
	revision bigint NOT NULL,
	PRIMARY KEY (venue, symbol, kind, low),
	FOREIGN KEY (venue, symbol) REFERENCES symbol ON DELETE CASCADE
);

-- fold_<level> of migration 3, which now also says what the fold is, and leaves a row with a given bar to `judged`: that one takes the fold
-- if it stands before the given bar, else puts the given bar back. And give_<level>: puts given bars, each with its version; equal and
-- older ones change nothing. It returns the bars that changed, and whether there are parts of them: these are to be folded anew.
DO $make$
DECLARE
	level record;
	change text[];
	body text;
	put text;
	bar constant text[] := '{open,high,low,close,volume,quote,trades,taker_volume,taker_quote}';
	list constant text := array_to_string(bar, ', ');
	-- The columns of a row as a list, each by a pattern.
	of_c constant text := (SELECT string_agg('c.' || b, ', ') FROM unnest(bar) AS b);
	of_f constant text := (SELECT string_agg('f.' || b, ', ') FROM unnest(bar) AS b);
	of_s constant text := (SELECT string_agg('s.' || b, ', ') FROM unnest(bar) AS b);
	of_x constant text := (SELECT string_agg('excluded.' || b, ', ') FROM unnest(bar) AS b);
	judged constant text := $judged$
			), judged AS (
				UPDATE pricegraph.<target> AS c SET <judged>,
					origin = CASE WHEN f.removed THEN c.origin WHEN f.made > 0 THEN f.origin ELSE 4 END, removed = f.removed,
					made = CASE WHEN f.made > 0 THEN f.made ELSE 3 END, revision = f.number,
					given = CASE WHEN f.made = 0 THEN NULL WHEN c.made = 3 THEN ROW(<of_c>)::pricegraph.given_bar ELSE c.given END
				FROM folded AS f
				WHERE c.open_us = bucket.start AND c.symbol = f.symbol AND c.venue = fold_<level>.venue AND c.stated_us IS NOT NULL
					AND CASE WHEN f.made = 0 THEN c.made < 3 WHEN f.removed THEN NOT c.removed
						ELSE (<of_c>, c.origin, c.removed, c.made) IS DISTINCT FROM (<of_f>, f.origin, false, f.made) END
				RETURNING 1
			)
			SELECT changed + (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) + (SELECT count(*) FROM judged) INTO changed;$judged$;
	changes constant text[] := ARRAY[
		['bool_and(p.removed) AS removed', 'bool_and(p.removed) AS removed, <made> AS made'],
		['f.origin, f.removed', 'f.origin, f.removed, f.made'],
		['taker_quote, origin, revision)', 'taker_quote, origin, revision, made)'],
		['f.origin, f.number', 'f.origin, f.number, f.made'],
		['removed = false', 'removed = false, made = EXCLUDED.made'],
		['WHERE (c.open,', 'WHERE c.stated_us IS NULL AND (c.open,'],
		['c.origin, c.removed)', 'c.origin, c.removed, c.made)'],
		['EXCLUDED.origin, false)', 'EXCLUDED.origin, false, EXCLUDED.made)'],
		['SET removed = true,', 'SET removed = true, made = 2,'],
		['AND NOT c.removed', 'AND NOT c.removed AND c.stated_us IS NULL'],
		[')
			SELECT changed + (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) INTO changed;', '<judge>']];
	give constant text := $give$
		CREATE FUNCTION pricegraph.give_<level>(venue text, symbols text[], starts bigint[], opens numeric[], highs numeric[], lows numeric[],
			closes numeric[], volumes numeric[], quotes numeric[], trades bigint[], taker_volumes numeric[], taker_quotes numeric[],
			stated bigint[], revisions bigint[])
		RETURNS TABLE (symbol text, open_us bigint, has_parts boolean)
		LANGUAGE sql AS $sql$
			WITH said AS MATERIALIZED (
				SELECT DISTINCT ON (u.start, u.symbol) u.*
				FROM unnest(symbols, starts, opens, highs, lows, closes, volumes, quotes, trades, taker_volumes, taker_quotes, stated, revisions)
					AS u (symbol, start, <list>, stated_us, revision)
				ORDER BY u.start, u.symbol, u.stated_us DESC
			), put AS (
				INSERT INTO pricegraph.<target> AS c (open_us, symbol, venue, <list>, origin, revision, made, stated_us)
				SELECT s.start, s.symbol, give_<level>.venue, <of_s>, 4, s.revision, 3, s.stated_us FROM said AS s
				ON CONFLICT (open_us, symbol, venue) DO UPDATE SET <put>,
					origin = CASE WHEN <behind> THEN c.origin ELSE 4 END, removed = <behind> AND c.removed,
					made = CASE WHEN <behind> THEN c.made ELSE 3 END, stated_us = excluded.stated_us,
					given = CASE WHEN <behind> THEN ROW(<of_x>)::pricegraph.given_bar END,
					revision = CASE WHEN <behind> OR (<of_c>, c.made) IS NOT DISTINCT FROM (<of_x>, 3::smallint) THEN c.revision
						ELSE excluded.revision END
				WHERE c.stated_us IS NULL OR c.stated_us < excluded.stated_us
				RETURNING c.open_us, c.symbol, c.revision
			)
			SELECT p.symbol, p.open_us, EXISTS (
				SELECT FROM pricegraph.<source> AS x
				WHERE x.venue = give_<level>.venue AND x.symbol = p.symbol AND x.open_us >= p.open_us AND x.open_us < p.open_us + <width>
					AND x.open_us = ANY(ARRAY(SELECT generate_series(p.open_us, p.open_us + <width> - 1, <part>)))
			)
			FROM put AS p JOIN said AS s ON s.start = p.open_us AND s.symbol = p.symbol AND s.revision = p.revision
			ORDER BY 2, 1
		$sql$ $give$;
BEGIN
	FOR level IN SELECT * FROM (VALUES
		('1m', 'candle_1s', 1000000::bigint, 60000000::bigint, 'p.origin = 5', 'p.origin = 4 AND p.closed'),
		('1h', 'candle_1m', 60000000, 3600000000, 'p.origin = 5 OR p.made = 2', 'p.made IN (1, 3)'),
		('1d', 'candle_1h', 3600000000, 86400000000, 'p.origin = 5 OR p.made = 2', 'p.made IN (1, 3)')
	) AS l (name, source, part, width, corrected, whole)
	LOOP
		body := pg_get_functiondef(format('pricegraph.fold_%s(text, text[], bigint[], bigint[])', level.name)::regprocedure);
		FOREACH change SLICE 1 IN ARRAY changes LOOP
			IF strpos(body, change[1]) = 0 THEN
				RAISE EXCEPTION 'fold_% has changed: no "%" in it', level.name, change[1];
			END IF;
			body := replace(body, change[1], change[2]);
		END LOOP;
		body := replace(body, '<judge>', judged);
		body := replace(body, '<judged>', (SELECT string_agg(format('%1$s = CASE WHEN f.removed THEN c.%1$s WHEN f.made > 0 THEN f.%1$s ELSE (c.given).%1$s END', b), ', ')
			FROM unnest(bar) AS b));
		body := replace(body, '<made>', format('(CASE WHEN bool_or(p.removed OR %s) THEN 2 WHEN count(*) FILTER (WHERE %s) = %s THEN 1 ELSE 0 END)::smallint',
			level.corrected, level.whole, level.width / level.part));
		body := replace(replace(body, '<of_c>', of_c), '<of_f>', of_f);
		EXECUTE replace(replace(body, '<target>', 'candle_' || level.name), '<level>', level.name);

		put := (SELECT string_agg(format('%1$s = CASE WHEN <behind> THEN c.%1$s ELSE excluded.%1$s END', b), ', ') FROM unnest(bar) AS b);
		body := replace(replace(replace(give, '<put>', put), '<behind>', '(c.origin = 5 OR c.made IN (1, 2))'), '<list>', list);
		body := replace(replace(replace(body, '<of_c>', of_c), '<of_s>', of_s), '<of_x>', of_x);
		body := replace(replace(body, '<target>', 'candle_' || level.name), '<source>', level.source);
		body := replace(replace(replace(body, '<level>', level.name), '<width>', level.width::text), '<part>', level.part::text);
		EXECUTE body;
		EXECUTE format('REVOKE ALL ON FUNCTION give_%s FROM PUBLIC', level.name);
		EXECUTE format('GRANT EXECUTE ON FUNCTION give_%s TO pricegraph_collector', level.name);
	END LOOP;
END $make$;

-- Takes down what stretches were given, in the order of the arrays: joined with those that they overlap or touch. With a reason: there is
-- nothing in [from, to), which is a gap for ever, except where something was given after all. Returns the symbols of which something changed.
CREATE FUNCTION give_spans(venue text, symbols text[], kinds text[], lows bigint[], highs bigint[], begins bigint[], ends bigint[],
	reasons text[], revisions bigint[])
RETURNS SETOF text LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	g record;
	old record;
	kept int8multirange;
BEGIN
	FOR g IN
		SELECT * FROM unnest(symbols, kinds, lows, highs, begins, ends, reasons, revisions)
			AS u (symbol, kind, low, high, from_us, to_us, reason, revision)
	LOOP
		SELECT min(s.low) AS low, max(s.high) AS high, min(s.from_us) AS from_us, max(s.to_us) AS to_us,
			coalesce(bool_or(s.low <= g.low AND s.high >= g.high), false) AS holds_it,
			coalesce(range_agg(int8range(s.from_us, s.to_us)), '{}') AS ranges INTO old
		FROM pricegraph.given_span AS s
		WHERE s.venue = give_spans.venue AND s.symbol = g.symbol AND s.kind = g.kind AND s.low <= g.high AND s.high >= g.low;
		CONTINUE WHEN old.holds_it;
		IF g.reason IS NULL THEN
			DELETE FROM pricegraph.given_span AS s
			WHERE s.venue = give_spans.venue AND s.symbol = g.symbol AND s.kind = g.kind AND s.low <= g.high AND s.high >= g.low;
			INSERT INTO pricegraph.given_span VALUES (give_spans.venue, g.symbol, g.kind, least(g.low, old.low), greatest(g.high, old.high),
				least(g.from_us, old.from_us), greatest(g.to_us, old.to_us), g.revision);
		END IF;
		-- What was said to be absent, and still is.
		WITH gone AS (
			DELETE FROM pricegraph.gap AS x
			WHERE x.venue = give_spans.venue AND x.symbol = g.symbol AND x.stream = g.kind AND x.cause = 'absent'
				AND x.from_us <= g.to_us AND x.to_us >= g.from_us
			RETURNING int8range(x.from_us, x.to_us) AS r
		)
		SELECT coalesce(range_agg(gone.r), '{}') INTO kept FROM gone;
		kept := CASE WHEN g.reason IS NULL THEN kept - int8multirange(int8range(g.from_us, g.to_us))
			ELSE kept + (int8multirange(int8range(g.from_us, g.to_us)) - old.ranges) END;
		INSERT INTO pricegraph.gap (venue, symbol, stream, from_us, to_us, cause, state, reason, revision)
		SELECT give_spans.venue, g.symbol, g.kind, lower(r), upper(r), 'absent', 'unrepairable', coalesce(g.reason, 'it was not in what was given'), g.revision
		FROM unnest(kept) AS r;
		RETURN NEXT g.symbol;
	END LOOP;
END $$;
REVOKE ALL ON FUNCTION give_spans FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_spans TO pricegraph_collector;
