-- Candles are keyed by their symbol, then the time: what a chart reads lies in one place of the index, where keys that begin with the time cost a
-- look-up for each bar (500 bars of one of 1,000 symbols: 2.4 ms so, 1.2 ms together). The sink sorts what it writes by the same key. Raw rows stay
-- keyed by time. Run by the owner; every key of a stored candle is built anew, while nobody reads or writes candles.
SET LOCAL search_path = pricegraph;

-- The column that a partitioned table is ranged by: the first number of its key.
CREATE OR REPLACE FUNCTION partition_column(base text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT a.attname::text
	FROM pg_index AS x
	CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, position)
	JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
	WHERE x.indisprimary AND x.indrelid = format('pricegraph.%I', base)::regclass AND a.atttypid = 'bigint'::regtype
	ORDER BY k.position LIMIT 1
$$;

DO $keys$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY '{candle_1s,candle_1m,candle_1h,candle_1d}'::text[] LOOP
		EXECUTE format('ALTER TABLE %1$I DROP CONSTRAINT %1$s_pkey, ADD PRIMARY KEY (symbol, open_us, venue)', name);
	END LOOP;
END $keys$;
