-- fold_<level>: a part of which nothing is known any more (removed without a correction, see migration 12) does not count as one that is there: such
-- a fold is not at kline rank throughout, and a given bar stands before it. Made from their own text.
-- Run by the owner.
DO $make$
DECLARE
	level record;
	body text;
BEGIN
	FOR level IN SELECT * FROM (VALUES ('1m', 'p.origin = 4 AND p.closed'), ('1h', 'p.made IN (1, 3)'), ('1d', 'p.made IN (1, 3)')) AS l (name, whole)
	LOOP
		body := pg_get_functiondef(format('pricegraph.fold_%s(text, text[], bigint[], bigint[])', level.name)::regprocedure);
		IF strpos(body, 'FILTER (WHERE ' || level.whole) = 0 THEN
			RAISE EXCEPTION 'fold_% has changed: it does not count its parts', level.name;
		END IF;
		EXECUTE replace(body, 'FILTER (WHERE ' || level.whole, 'FILTER (WHERE NOT p.removed AND ' || level.whole);
	END LOOP;
END $make$;
