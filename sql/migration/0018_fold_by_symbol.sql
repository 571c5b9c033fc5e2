-- fold_1m, fold_1h, fold_1d anew, for keys that begin with the symbol: the parts of a bar lie one behind the other, whatever else is folded.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- fold_<level> (venue, symbols[], starts[], revisions[]): folds the parts of each bar (symbol, start) from the level below and stores it with its
-- revision where it is new or differs. The arrays are parallel; a pair given twice takes the greater revision. A bar whose parts are all removed
-- is marked removed; one without parts is left alone. A row with a given bar (stated_us) takes the fold if it stands before that bar (made > 0), else
-- the given bar is put back. Returns how many rows changed.
DO $make$
DECLARE
	level record;
	text_of text;
	alias text;
	bar constant text[] := '{open,high,low,close,volume,quote,trades,taker_volume,taker_quote}';
	-- [from_us, to_us), which holds all of the bars: by it the partitions are chosen when the statement is planned.
	body constant text := $body$
		CREATE OR REPLACE FUNCTION pricegraph.fold_<level>(venue text, symbols text[], starts bigint[], revisions bigint[]) RETURNS bigint
		LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $fold$
		#variable_conflict use_column
		DECLARE
			from_us constant bigint := (SELECT min(t) FROM unnest(starts) AS t);
			to_us constant bigint := (SELECT max(t) + <width> FROM unnest(starts) AS t);
			changed bigint := 0;
		BEGIN
			IF from_us IS NULL THEN
				RETURN 0;
			END IF;
			WITH folded AS MATERIALIZED (
				SELECT w.symbol, w.start, w.revision AS number, <f.bar>, f.origin, f.removed, f.made
				FROM (
					SELECT a.symbol, a.start, max(a.revision) AS revision
					FROM unnest(fold_<level>.symbols, fold_<level>.starts, fold_<level>.revisions) AS a (symbol, start, revision)
					GROUP BY a.symbol, a.start
				) AS w
				CROSS JOIN LATERAL (
					SELECT <columns>, (CASE WHEN bool_or(<corrected>) THEN 2
						WHEN count(*) FILTER (WHERE NOT p.removed AND <whole>) = <parts> THEN 1 ELSE 0 END)::smallint AS made
					FROM pricegraph.<source> AS p
					WHERE p.venue = fold_<level>.venue AND p.symbol = w.symbol AND p.open_us >= w.start AND p.open_us < w.start + <width>
						AND p.open_us >= from_us AND p.open_us < to_us
					HAVING count(*) > 0
				) AS f
			), put AS (
				INSERT INTO pricegraph.<target> AS c (open_us, symbol, venue, <bar>, origin, revision, made)
				SELECT f.start, f.symbol, fold_<level>.venue, <f.bar>, f.origin, f.number, f.made
				FROM folded AS f WHERE NOT f.removed ORDER BY f.symbol, f.start
				ON CONFLICT (symbol, open_us, venue) DO UPDATE
				SET (<bar>, origin, revision, removed, made) = ROW(<excluded.bar>, excluded.origin, excluded.revision, false, excluded.made)
				WHERE c.stated_us IS NULL AND (<c.bar>, c.origin, c.removed, c.made)
					IS DISTINCT FROM (<excluded.bar>, excluded.origin, false, excluded.made)
				RETURNING 1
			), gone AS (
				UPDATE pricegraph.<target> AS c SET removed = true, made = f.made, revision = f.number FROM folded AS f
				WHERE c.venue = fold_<level>.venue AND c.open_us >= from_us AND c.open_us < to_us AND c.open_us = f.start AND c.symbol = f.symbol
					AND c.stated_us IS NULL AND f.removed AND NOT c.removed
				RETURNING 1
			), judged AS (
				UPDATE pricegraph.<target> AS c
				SET <judged bar>, origin = CASE WHEN f.made = 0 THEN 4 WHEN f.removed THEN c.origin ELSE f.origin END,
					removed = f.removed AND f.made > 0, made = CASE WHEN f.made > 0 THEN f.made ELSE 3 END, revision = f.number,
					given = CASE WHEN f.made = 0 THEN NULL WHEN c.made = 3 THEN ROW(<c.bar>)::pricegraph.given_bar ELSE c.given END
				FROM folded AS f
				WHERE c.venue = fold_<level>.venue AND c.open_us >= from_us AND c.open_us < to_us AND c.open_us = f.start AND c.symbol = f.symbol
					AND c.stated_us IS NOT NULL AND c.made < 4
					AND CASE WHEN f.made = 0 THEN c.made < 3 WHEN f.removed THEN NOT c.removed
						ELSE (<c.bar>, c.origin, c.removed, c.made) IS DISTINCT FROM (<f.bar>, f.origin, false, f.made) END
				RETURNING 1
			)
			SELECT (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) + (SELECT count(*) FROM judged) INTO changed;
			RETURN changed;
		END $fold$ $body$;
BEGIN
	-- corrected, whole: of one part. A part of which nothing is known any more (removed without a correction) is neither.
	FOR level IN SELECT * FROM (VALUES
		('1m', 'candle_1s', 60, 60000000::bigint, 'p.origin = 5', 'p.origin = 4 AND p.closed'),
		('1h', 'candle_1m', 60, 3600000000, 'p.origin = 5 OR p.made = 2', 'p.made IN (1, 3)'),
		('1d', 'candle_1h', 24, 86400000000, 'p.origin = 5 OR p.made = 2', 'p.made IN (1, 3)')
	) AS l (name, source, parts, width, corrected, whole)
	LOOP
		text_of := replace(replace(replace(body, '<columns>', fold_columns()), '<corrected>', level.corrected), '<whole>', level.whole);
		text_of := replace(text_of, '<judged bar>', (SELECT string_agg(format(
			'%1$s = CASE WHEN f.made = 0 THEN (c.given).%1$s WHEN f.removed THEN c.%1$s ELSE f.%1$s END', b), ', ') FROM unnest(bar) AS b));
		text_of := replace(text_of, '<bar>', array_to_string(bar, ', '));
		FOREACH alias IN ARRAY '{c,f,excluded}'::text[] LOOP
			text_of := replace(text_of, '<' || alias || '.bar>', (SELECT string_agg(alias || '.' || b, ', ') FROM unnest(bar) AS b));
		END LOOP;
		text_of := replace(replace(text_of, '<source>', level.source), '<target>', 'candle_' || level.name);
		EXECUTE replace(replace(replace(text_of, '<level>', level.name), '<parts>', level.parts::text), '<width>', level.width::text);
	END LOOP;
END $make$;
