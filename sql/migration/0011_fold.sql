-- fold_<level> and give_<level>: the two by which bars of 1m, 1h and 1d are stored; what a row becomes of its parts and of the bar given.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- fold_1m, fold_1h, fold_1d (venue, symbols[], starts[], revisions[]): folds the parts of each bar (symbol, start) from the level
-- below and stores it with its revision where it is new or differs. The arrays are parallel; a pair given twice takes the greater
-- revision. A bar whose parts are all removed is marked removed; one without parts is left alone. A row with a given bar (stated_us) takes the
-- fold if it stands before that bar (made > 0), else the given bar is put back. Returns how many rows changed.
-- A third of all symbols or more of one start are folded by one scan of its range. The bars of fewer, of all starts together, are looked up part
-- by part, by one statement: to plan one for each start costs more than to run it (10 minutes of a symbol 32 ms so, 9 ms together).
DO $make$
DECLARE
	level record;
	text_of text;
	alias text;
	bar constant text[] := '{open,high,low,close,volume,quote,trades,taker_volume,taker_quote}';
	scanned constant text := $folded$
				SELECT w.symbol, bucket.start AS start, w.revision AS number, <f.bar>, f.origin, f.removed, f.made
				FROM (
					SELECT p.symbol, <columns>, <made> AS made FROM pricegraph.<source> AS p
					WHERE p.venue = fold_<level>.venue AND p.open_us >= <from> AND p.open_us < <to>
					GROUP BY p.symbol
				) AS f
				JOIN unnest(bucket.symbols, bucket.revisions) AS w (symbol, revision) ON w.symbol = f.symbol$folded$;
	looked_up constant text := $folded$
				SELECT w.symbol, w.start, w.revision AS number, <f.bar>, f.origin, f.removed, f.made
				FROM unnest(few_symbols, few_starts, few_revisions) AS w (symbol, start, revision)
				CROSS JOIN LATERAL (
					SELECT <columns>, <made> AS made FROM pricegraph.<source> AS p
					WHERE p.venue = fold_<level>.venue AND p.open_us >= <from> AND p.open_us < <to> AND p.symbol = w.symbol
						AND p.open_us = ANY(ARRAY(SELECT generate_series(w.start, w.start + <width> - 1, <part>)))
					HAVING count(*) > 0
				) AS f$folded$;
	-- [from, to), which holds all of the bars: by it the partitions are chosen when the statement is planned.
	store constant text := $store$
			WITH folded AS MATERIALIZED (<folded>
			), put AS (
				INSERT INTO pricegraph.<target> AS c (open_us, symbol, venue, <bar>, origin, revision, made)
				SELECT f.start, f.symbol, fold_<level>.venue, <f.bar>, f.origin, f.number, f.made
				FROM folded AS f WHERE NOT f.removed ORDER BY f.start, f.symbol
				ON CONFLICT (open_us, symbol, venue) DO UPDATE
				SET (<bar>, origin, revision, removed, made) = ROW(<excluded.bar>, excluded.origin, excluded.revision, false, excluded.made)
				WHERE c.stated_us IS NULL AND (<c.bar>, c.origin, c.removed, c.made)
					IS DISTINCT FROM (<excluded.bar>, excluded.origin, false, excluded.made)
				RETURNING 1
			), gone AS (
				UPDATE pricegraph.<target> AS c SET removed = true, made = f.made, revision = f.number FROM folded AS f
				WHERE c.venue = fold_<level>.venue AND c.open_us >= <from> AND c.open_us < <to> AND c.open_us = f.start AND c.symbol = f.symbol
					AND c.stated_us IS NULL AND f.removed AND NOT c.removed
				RETURNING 1
			), judged AS (
				UPDATE pricegraph.<target> AS c
				SET <judged bar>, origin = CASE WHEN f.made = 0 THEN 4 WHEN f.removed THEN c.origin ELSE f.origin END,
					removed = f.removed AND f.made > 0, made = CASE WHEN f.made > 0 THEN f.made ELSE 3 END, revision = f.number,
					given = CASE WHEN f.made = 0 THEN NULL WHEN c.made = 3 THEN ROW(<c.bar>)::pricegraph.given_bar ELSE c.given END
				FROM folded AS f
				WHERE c.venue = fold_<level>.venue AND c.open_us >= <from> AND c.open_us < <to> AND c.open_us = f.start AND c.symbol = f.symbol
					AND c.stated_us IS NOT NULL AND c.made < 4
					AND CASE WHEN f.made = 0 THEN c.made < 3 WHEN f.removed THEN NOT c.removed
						ELSE (<c.bar>, c.origin, c.removed, c.made) IS DISTINCT FROM (<f.bar>, f.origin, false, f.made) END
				RETURNING 1
			)
			SELECT changed + (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) + (SELECT count(*) FROM judged) INTO changed;$store$;
	body constant text := $body$
		CREATE OR REPLACE FUNCTION pricegraph.fold_<level>(venue text, symbols text[], starts bigint[], revisions bigint[]) RETURNS bigint
		LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $fold$
		#variable_conflict use_column
		DECLARE
			known bigint;
			bucket record;
			few_symbols text[] := '{}';
			few_starts bigint[] := '{}';
			few_revisions bigint[] := '{}';
			few_from bigint;
			few_to bigint;
			changed bigint := 0;
		BEGIN
			SELECT count(*) INTO known FROM pricegraph.symbol AS s WHERE s.venue = fold_<level>.venue;
			FOR bucket IN
				SELECT u.start, count(*) AS wanted, array_agg(u.symbol) AS symbols, array_agg(u.revision) AS revisions
				FROM (SELECT a.symbol, a.start, max(a.revision) AS revision
					FROM unnest(fold_<level>.symbols, fold_<level>.starts, fold_<level>.revisions) AS a (symbol, start, revision)
					GROUP BY a.symbol, a.start) AS u
				GROUP BY u.start ORDER BY u.start
			LOOP
				IF bucket.wanted * 3 >= known THEN
					<most>
				ELSE
					few_symbols := few_symbols || bucket.symbols;
					few_starts := few_starts || array_fill(bucket.start, ARRAY[bucket.wanted::int]);
					few_revisions := few_revisions || bucket.revisions;
					few_from := least(few_from, bucket.start);
					few_to := greatest(few_to, bucket.start + <width>);
				END IF;
			END LOOP;
			IF few_to IS NOT NULL THEN
				<few>
			END IF;
			RETURN changed;
		END $fold$ $body$;
BEGIN
	-- corrected, whole: of one part. A part of which nothing is known any more (removed without a correction) is neither.
	FOR level IN SELECT * FROM (VALUES
		('1m', 'candle_1s', 1000000::bigint, 60000000::bigint, 'p.origin = 5', 'p.origin = 4 AND p.closed'),
		('1h', 'candle_1m', 60000000, 3600000000, 'p.origin = 5 OR p.made = 2', 'p.made IN (1, 3)'),
		('1d', 'candle_1h', 3600000000, 86400000000, 'p.origin = 5 OR p.made = 2', 'p.made IN (1, 3)')
	) AS l (name, source, part, width, corrected, whole)
	LOOP
		text_of := replace(body, '<most>', replace(replace(replace(store, '<folded>', scanned), '<from>', 'bucket.start'), '<to>', 'bucket.start + <width>'));
		text_of := replace(text_of, '<few>', replace(replace(replace(store, '<folded>', looked_up), '<from>', 'few_from'), '<to>', 'few_to'));
		text_of := replace(text_of, '<columns>', fold_columns());
		text_of := replace(text_of, '<made>', format('(CASE WHEN bool_or(%s) THEN 2 WHEN count(*) FILTER (WHERE NOT p.removed AND %s) = %s THEN 1 ELSE 0 END)::smallint',
			level.corrected, level.whole, level.width / level.part));
		text_of := replace(text_of, '<judged bar>', (SELECT string_agg(format(
			'%1$s = CASE WHEN f.made = 0 THEN (c.given).%1$s WHEN f.removed THEN c.%1$s ELSE f.%1$s END', b), ', ') FROM unnest(bar) AS b));
		text_of := replace(text_of, '<bar>', array_to_string(bar, ', '));
		FOREACH alias IN ARRAY '{c,f,excluded}'::text[] LOOP
			text_of := replace(text_of, '<' || alias || '.bar>', (SELECT string_agg(alias || '.' || b, ', ') FROM unnest(bar) AS b));
		END LOOP;
		text_of := replace(replace(text_of, '<source>', level.source), '<target>', 'candle_' || level.name);
		EXECUTE replace(replace(replace(text_of, '<level>', level.name), '<part>', level.part::text), '<width>', level.width::text);
	END LOOP;
END $make$;

-- give_<level>: puts given bars, each with its version; equal and older ones change nothing. A fold or a correction that stands before the given bar
-- keeps its numbers, and the bar waits in `given`. Returns the bars that changed, and whether there are parts of them: these are to be folded anew.
DO $make$
DECLARE
	level record;
	text_of text;
	alias text;
	bar constant text[] := '{open,high,low,close,volume,quote,trades,taker_volume,taker_quote}';
	behind constant text := '(c.origin = 5 OR c.made IN (1, 2, 4))';
	body constant text := $body$
		CREATE FUNCTION pricegraph.give_<level>(venue text, symbols text[], starts bigint[], opens numeric[], highs numeric[], lows numeric[],
			closes numeric[], volumes numeric[], quotes numeric[], trades bigint[], taker_volumes numeric[], taker_quotes numeric[],
			stated bigint[], revisions bigint[])
		RETURNS TABLE (symbol text, open_us bigint, has_parts boolean)
		LANGUAGE sql AS $sql$
			WITH said AS MATERIALIZED (
				SELECT DISTINCT ON (u.start, u.symbol) u.*
				FROM unnest(symbols, starts, opens, highs, lows, closes, volumes, quotes, trades, taker_volumes, taker_quotes, stated, revisions)
					AS u (symbol, start, <bar>, stated_us, revision)
				ORDER BY u.start, u.symbol, u.stated_us DESC
			), put AS (
				INSERT INTO pricegraph.<target> AS c (open_us, symbol, venue, <bar>, origin, revision, made, stated_us)
				SELECT s.start, s.symbol, give_<level>.venue, <s.bar>, 4, s.revision, 3, s.stated_us FROM said AS s
				ON CONFLICT (open_us, symbol, venue) DO UPDATE SET <put bar>,
					origin = CASE WHEN <behind> THEN c.origin ELSE 4 END, removed = <behind> AND c.removed,
					made = CASE WHEN <behind> THEN c.made ELSE 3 END, stated_us = excluded.stated_us,
					given = CASE WHEN <behind> THEN ROW(<excluded.bar>)::pricegraph.given_bar END,
					revision = CASE WHEN <behind> OR (<c.bar>, c.made) IS NOT DISTINCT FROM (<excluded.bar>, 3::smallint) THEN c.revision
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
		$sql$ $body$;
BEGIN
	FOR level IN SELECT * FROM (VALUES ('1m', 'candle_1s', 1000000::bigint, 60000000::bigint), ('1h', 'candle_1m', 60000000, 3600000000),
		('1d', 'candle_1h', 3600000000, 86400000000)) AS l (name, source, part, width)
	LOOP
		text_of := replace(body, '<put bar>', (SELECT string_agg(format('%1$s = CASE WHEN <behind> THEN c.%1$s ELSE excluded.%1$s END', b), ', ')
			FROM unnest(bar) AS b));
		text_of := replace(replace(text_of, '<behind>', behind), '<bar>', array_to_string(bar, ', '));
		FOREACH alias IN ARRAY '{c,s,excluded}'::text[] LOOP
			text_of := replace(text_of, '<' || alias || '.bar>', (SELECT string_agg(alias || '.' || b, ', ') FROM unnest(bar) AS b));
		END LOOP;
		text_of := replace(replace(text_of, '<source>', level.source), '<target>', 'candle_' || level.name);
		EXECUTE replace(replace(replace(text_of, '<level>', level.name), '<part>', level.part::text), '<width>', level.width::text);
		EXECUTE format('REVOKE ALL ON FUNCTION give_%s FROM PUBLIC', level.name);
		EXECUTE format('GRANT EXECUTE ON FUNCTION give_%s TO pricegraph_collector', level.name);
	END LOOP;
END $make$;
