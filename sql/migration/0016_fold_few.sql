-- fold_<level> with bars of few symbols in many starts (history, late seconds, corrections): one statement for all of them. It took one for each
-- start, and to plan it cost more than to run it: 10 minutes of a symbol 32 ms, now 9. Made from their text of migrations 3 and 11.
-- Run by the owner.
DO $make$
DECLARE
	level record;
	change text[];
	body text;
	few text; -- the statement for few symbols
	cut int;
	-- Of the whole function, behind the statement for few symbols taken out of it.
	frame constant text[] := ARRAY[
		['times bigint[];', 'few_symbols text[] := ''{}'';
			few_starts bigint[] := ''{}'';
			few_revisions bigint[] := ''{}'';
			few_from bigint;
			few_to bigint;'],
		['times := ARRAY(SELECT generate_series(bucket.start, bucket.start + <width> - 1, <part>));',
		'few_symbols := few_symbols || bucket.symbols;
					few_starts := few_starts || array_fill(bucket.start, ARRAY[bucket.wanted::int]);
					few_revisions := few_revisions || bucket.revisions;
					few_from := least(few_from, bucket.start);
					few_to := greatest(few_to, bucket.start + <width>);'],
		['RETURN changed;', 'IF few_to IS NOT NULL THEN
				<few>
			END IF;
			RETURN changed;']];
	-- Of that statement. Each bar by look-ups of its parts, in [few_from, few_to), by which the partitions are chosen when it is planned.
	changes constant text[] := ARRAY[
		['SELECT w.symbol, w.revision AS number,', 'SELECT w.symbol, w.start, w.revision AS number,'],
		['FROM (SELECT p.symbol, ', 'FROM unnest(few_symbols, few_starts, few_revisions) AS w (symbol, start, revision) CROSS JOIN LATERAL (SELECT '],
		['p.open_us >= bucket.start AND p.open_us < bucket.start + <width> AND p.open_us = ANY(times) AND p.symbol = ANY(bucket.symbols) GROUP BY p.symbol) AS f',
		'p.open_us >= few_from AND p.open_us < few_to AND p.symbol = w.symbol
						AND p.open_us = ANY(ARRAY(SELECT generate_series(w.start, w.start + <width> - 1, <part>))) HAVING count(*) > 0) AS f'],
		['
				JOIN unnest(bucket.symbols, bucket.revisions) AS w (symbol, revision) ON w.symbol = f.symbol', ''],
		['SELECT bucket.start, f.symbol,', 'SELECT f.start, f.symbol,'],
		['ORDER BY f.symbol', 'ORDER BY f.start, f.symbol'],
		['c.open_us = bucket.start', 'c.open_us >= few_from AND c.open_us < few_to AND c.open_us = f.start']];
BEGIN
	FOR level IN SELECT * FROM (VALUES ('1m', 1000000::bigint, 60000000::bigint), ('1h', 60000000, 3600000000), ('1d', 3600000000, 86400000000))
		AS l (name, part, width)
	LOOP
		body := pg_get_functiondef(format('pricegraph.fold_%s(text, text[], bigint[], bigint[])', level.name)::regprocedure);
		cut := strpos(body, '- 1, ' || level.part || '));') + length('- 1, ' || level.part || '));');
		few := substr(body, cut, strpos(substr(body, cut), 'END IF;') - 1);
		IF strpos(few, 'WITH folded') = 0 THEN
			RAISE EXCEPTION 'fold_% has changed: there is no statement for few symbols', level.name;
		END IF;
		body := replace(body, few, E'\n\t\t\t\t');
		FOREACH change SLICE 1 IN ARRAY frame LOOP
			change[1] := replace(replace(change[1], '<width>', level.width::text), '<part>', level.part::text);
			IF strpos(body, change[1]) = 0 THEN
				RAISE EXCEPTION 'fold_% has changed: no "%" in it', level.name, change[1];
			END IF;
			body := replace(body, change[1], change[2]);
		END LOOP;
		FOREACH change SLICE 1 IN ARRAY changes LOOP
			change[1] := replace(replace(change[1], '<width>', level.width::text), '<part>', level.part::text);
			IF strpos(few, change[1]) = 0 THEN
				RAISE EXCEPTION 'fold_% has changed: no "%" in its statement for few symbols', level.name, change[1];
			END IF;
			few := replace(few, change[1], change[2]);
		END LOOP;
		body := replace(body, '<few>', btrim(few, E' \t\n'));
		EXECUTE replace(replace(body, '<width>', level.width::text), '<part>', level.part::text);
	END LOOP;
END $make$;
