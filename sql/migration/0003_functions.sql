-- What the programs call: making and emptying a venue, making partitions ahead, folding a level of candles into the next.
-- Run by the owner. Table names: <table>_<venue> is a venue's LIST partition, <table>_<venue>$<day or year> its RANGE partition.
SET LOCAL search_path = pricegraph;

-- The name of a venue's table, within the 63 bytes of an identifier: a long venue is cut and told apart by a hash. '$' is in no
-- venue, so no two names are ever the same. 9 bytes are left for $<day>.
CREATE FUNCTION venue_table(base text, venue text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT base || '_' || CASE
		WHEN length(base) + 1 + length(venue) + 9 <= 63 THEN replace(venue, '-', '_')
		ELSE left(replace(venue, '-', '_'), 63 - length(base) - 1 - 9 - 13) || '$' || left(md5(venue), 12)
	END
$$;

-- The range of a partition that is `days` wide (0: a calendar year, UTC) and holds time_us; and what its name ends in.
CREATE FUNCTION partition_range(days int, time_us bigint, OUT from_us bigint, OUT to_us bigint, OUT suffix text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	day_us constant bigint := 86400000000;
	day date := date '1970-01-01' + (time_us / day_us)::int;
BEGIN
	IF days = 0 THEN
		day := make_date(extract(year FROM day)::int, 1, 1);
		from_us := (day - date '1970-01-01') * day_us;
		to_us := (make_date(extract(year FROM day)::int + 1, 1, 1) - date '1970-01-01') * day_us;
		suffix := '$' || to_char(day, 'YYYY');
	ELSE
		from_us := time_us - time_us % (days * day_us);
		to_us := from_us + days * day_us;
		suffix := '$' || to_char(date '1970-01-01' + (from_us / day_us)::int, 'YYYYMMDD');
	END IF;
END $$;

-- The column that a partitioned table is ranged by: its keys begin with the time.
CREATE FUNCTION partition_column(base text) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT a.attname::text
	FROM pg_index AS x JOIN pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
	WHERE x.indisprimary AND x.indrelid = format('pricegraph.%I', base)::regclass
$$;

-- Makes `child` as an empty copy of `parent` and attaches it: apart first, so that the parent is locked only against other
-- changes of its shape, never against readers and writers. `tail` ends the CREATE TABLE. Does nothing if it is attached already.
CREATE FUNCTION attach_table(parent text, child text, tail text, bound text) RETURNS void
LANGUAGE plpgsql SET lock_timeout = '200ms' AS $$
DECLARE
	attached boolean; -- NULL: there is no such table
BEGIN
	PERFORM pg_advisory_xact_lock(hashtextextended('pricegraph.' || child, 0));
	-- Not to_regclass(): it may answer from a cache that an advisory lock does not refresh.
	SELECT EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid) INTO attached
	FROM pg_class AS c WHERE c.relname = child AND c.relnamespace = 'pricegraph'::regnamespace;
	IF attached IS NULL THEN
		EXECUTE format('CREATE TABLE pricegraph.%I (LIKE pricegraph.%I INCLUDING ALL) %s', child, parent, tail);
	END IF;
	IF attached IS NOT TRUE THEN
		EXECUTE format('ALTER TABLE pricegraph.%I ATTACH PARTITION pricegraph.%I FOR VALUES %s', parent, child, bound);
	END IF;
END $$;

-- Makes a venue: its row, its 8 partition rows, its LIST partitions. Safe to repeat and to run at once from several sides; a lock
-- that is not had within 200 ms is an error (55P03) to be retried. An existing venue takes over settle_us.
CREATE FUNCTION venue_ensure(venue text, settle_us bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pricegraph, pg_temp SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
	t record;
BEGIN
	INSERT INTO venue AS v (venue, settle_us) VALUES (venue_ensure.venue, venue_ensure.settle_us)
	ON CONFLICT (venue) DO UPDATE SET settle_us = EXCLUDED.settle_us WHERE v.settle_us <> EXCLUDED.settle_us;
	INSERT INTO partition (venue, i) SELECT venue_ensure.venue, i FROM generate_series(0, 7) AS i ON CONFLICT DO NOTHING;
	FOR t IN SELECT table_name FROM partitioned ORDER BY table_name LOOP
		PERFORM attach_table(t.table_name, venue_table(t.table_name, venue_ensure.venue),
			format('PARTITION BY RANGE (%I)', partition_column(t.table_name)), format('IN (%L)', venue_ensure.venue));
	END LOOP;
END $$;

-- Makes the partition of one partitioned table that holds time_us. As safe to repeat as venue_ensure, which must have run.
CREATE FUNCTION partition_ensure(venue text, table_name text, time_us bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pricegraph, pg_temp SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
	parent text := venue_table(partition_ensure.table_name, partition_ensure.venue);
	wide int;
	r record;
BEGIN
	SELECT p.days INTO wide FROM partitioned AS p WHERE p.table_name = partition_ensure.table_name;
	IF wide IS NULL OR time_us IS NULL THEN
		RAISE EXCEPTION 'no partitioned table "%", or no time', partition_ensure.table_name USING ERRCODE = 'invalid_parameter_value';
	END IF;
	r := partition_range(wide, time_us);
	IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(format('pricegraph.%I', parent || r.suffix))) THEN
		RETURN;
	END IF;
	PERFORM attach_table(parent, parent || r.suffix,
		format('WITH (fillfactor = %s)', CASE WHEN partition_ensure.table_name LIKE 'raw%' THEN 100 ELSE 90 END),
		format('FROM (%s) TO (%s)', r.from_us, r.to_us));
END $$;

-- Drops what a venue holds and keeps its row: epoch and generation rise, revisions go on, so that no cursor and no revision of
-- before is ever mistaken for one of after; a sink that still runs is fenced. Returns the new epoch, NULL if there is no such venue.
-- Locks only this venue's tables; a lock that is not had within 200 ms is an error (55P03) to be retried.
CREATE FUNCTION venue_empty(venue text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pricegraph, pg_temp SET lock_timeout = '200ms' AS $$
#variable_conflict use_column
DECLARE
	new_epoch bigint;
	leaf record;
BEGIN
	UPDATE venue AS v SET epoch = v.epoch + 1, generation = v.generation + 1 WHERE v.venue = venue_empty.venue
	RETURNING v.epoch INTO new_epoch;
	IF new_epoch IS NULL THEN
		RETURN NULL;
	END IF;
	UPDATE partition AS p SET owner = NULL, revision = p.revision + 1 WHERE p.venue = venue_empty.venue;
	FOR leaf IN
		SELECT i.inhrelid::regclass AS name
		FROM partitioned AS p
		JOIN pg_inherits AS i ON i.inhparent = to_regclass(format('pricegraph.%I', venue_table(p.table_name, venue_empty.venue)))
		ORDER BY 1
	LOOP
		EXECUTE format('DROP TABLE %s', leaf.name);
	END LOOP;
	DELETE FROM kafka_offset AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM subscription AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM span AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM gap AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM symbol AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM quarantine AS x WHERE x.venue = venue_empty.venue;
	RETURN new_epoch;
END $$;

-- The fold, in one place: aggregates over parts `p` of one bar, as the text of a select list. fold_<level> below and the windows of
-- the readers are made from it. Parts without a trade (trades = 0) are empty: they give prices only when all are empty. A sum is NULL
-- if a part that is not empty does not know it. Removed parts give nothing but their revision; a bar of only such parts is removed.
CREATE FUNCTION fold_columns() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $fold$
	SELECT replace(replace($columns$
		coalesce((min(ARRAY[p.open_us, p.open]) FILTER (WHERE <full>))[2], (min(ARRAY[p.open_us, p.open]) FILTER (WHERE <empty>))[2]) AS open,
		coalesce(max(p.high) FILTER (WHERE <full>), max(p.high) FILTER (WHERE <empty>)) AS high,
		coalesce(min(p.low) FILTER (WHERE <full>), min(p.low) FILTER (WHERE <empty>)) AS low,
		coalesce((max(ARRAY[p.open_us, p.close]) FILTER (WHERE <full>))[2], (max(ARRAY[p.open_us, p.close]) FILTER (WHERE <empty>))[2]) AS close,
		CASE WHEN count(*) FILTER (WHERE <full> AND p.volume IS NULL) = 0 THEN coalesce(sum(p.volume) FILTER (WHERE <full>), 0.00000000) END AS volume,
		CASE WHEN count(*) FILTER (WHERE <full> AND p.quote IS NULL) = 0 THEN coalesce(sum(p.quote) FILTER (WHERE <full>), 0.00000000) END AS quote,
		CASE WHEN count(*) FILTER (WHERE <full> AND p.trades IS NULL) = 0 THEN coalesce(sum(p.trades) FILTER (WHERE <full>), 0)::bigint END AS trades,
		CASE WHEN count(*) FILTER (WHERE <full> AND p.taker_volume IS NULL) = 0
			THEN coalesce(sum(p.taker_volume) FILTER (WHERE <full>), 0.00000000) END AS taker_volume,
		CASE WHEN count(*) FILTER (WHERE <full> AND p.taker_quote IS NULL) = 0
			THEN coalesce(sum(p.taker_quote) FILTER (WHERE <full>), 0.00000000) END AS taker_quote,
		min(p.origin) FILTER (WHERE NOT p.removed) AS origin,
		max(p.revision) AS revision,
		bool_and(p.removed) AS removed
		$columns$, '<full>', 'NOT p.removed AND p.trades IS DISTINCT FROM 0'), '<empty>', 'NOT p.removed AND p.trades = 0')
$fold$;

-- fold_1m, fold_1h, fold_1d (venue, symbols[], starts[], revisions[]): folds the parts of each bar (symbol, start) from the level
-- below and stores it with its revision where it is new or differs. The arrays are parallel; a pair given twice takes the greater
-- revision. A bar whose parts are all removed is marked removed; one without parts is left alone. Returns how many rows changed.
-- For most symbols of one start one scan of the range; for a partition's worth or fewer, one look-up in the key per part.
DO $make$
DECLARE
	level record;
	parts text;
	insert_all constant text := $insert$
			WITH folded AS MATERIALIZED (
				SELECT w.symbol, w.revision AS number, f.open, f.high, f.low, f.close, f.volume, f.quote, f.trades,
					f.taker_volume, f.taker_quote, f.origin, f.removed
				FROM (SELECT p.symbol, <columns> FROM pricegraph.<source> AS p WHERE <parts> GROUP BY p.symbol) AS f
				JOIN unnest(bucket.symbols, bucket.revisions) AS w (symbol, revision) ON w.symbol = f.symbol
			), put AS (
				INSERT INTO pricegraph.<target> AS c (open_us, symbol, venue, open, high, low, close, volume, quote, trades,
					taker_volume, taker_quote, origin, revision)
				SELECT bucket.start, f.symbol, fold_<level>.venue, f.open, f.high, f.low, f.close, f.volume, f.quote, f.trades,
					f.taker_volume, f.taker_quote, f.origin, f.number
				FROM folded AS f WHERE NOT f.removed ORDER BY f.symbol
				ON CONFLICT (open_us, symbol, venue) DO UPDATE SET
					open = EXCLUDED.open, high = EXCLUDED.high, low = EXCLUDED.low, close = EXCLUDED.close, volume = EXCLUDED.volume,
					quote = EXCLUDED.quote, trades = EXCLUDED.trades, taker_volume = EXCLUDED.taker_volume,
					taker_quote = EXCLUDED.taker_quote, origin = EXCLUDED.origin, revision = EXCLUDED.revision, removed = false
				WHERE (c.open, c.high, c.low, c.close, c.volume, c.quote, c.trades, c.taker_volume, c.taker_quote, c.origin, c.removed)
					IS DISTINCT FROM (EXCLUDED.open, EXCLUDED.high, EXCLUDED.low, EXCLUDED.close, EXCLUDED.volume, EXCLUDED.quote,
					EXCLUDED.trades, EXCLUDED.taker_volume, EXCLUDED.taker_quote, EXCLUDED.origin, false)
				RETURNING 1
			), gone AS (
				UPDATE pricegraph.<target> AS c SET removed = true, revision = f.number FROM folded AS f
				WHERE f.removed AND c.open_us = bucket.start AND c.symbol = f.symbol AND c.venue = fold_<level>.venue AND NOT c.removed
				RETURNING 1
			)
			SELECT changed + (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) INTO changed;
		$insert$;
	whole constant text := 'p.venue = fold_<level>.venue AND p.open_us >= bucket.start AND p.open_us < bucket.start + <width>';
	points constant text := ' AND p.open_us = ANY(times) AND p.symbol = ANY(bucket.symbols)';
	body constant text := $body$
		CREATE FUNCTION pricegraph.fold_<level>(venue text, symbols text[], starts bigint[], revisions bigint[]) RETURNS bigint
		LANGUAGE plpgsql SET plan_cache_mode = force_custom_plan AS $fold$
		#variable_conflict use_column
		DECLARE
			known bigint;
			bucket record;
			times bigint[];
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
				IF bucket.wanted * 2 >= known THEN
					<all>
				ELSE
					times := ARRAY(SELECT generate_series(bucket.start, bucket.start + <width> - 1, <part>));
					<few>
				END IF;
			END LOOP;
			RETURN changed;
		END $fold$ $body$;
BEGIN
	FOR level IN SELECT * FROM (VALUES ('1m', 'candle_1s', 1000000::bigint, 60000000::bigint), ('1h', 'candle_1m', 60000000, 3600000000),
		('1d', 'candle_1h', 3600000000, 86400000000)) AS l (name, source, part, width)
	LOOP
		parts := replace(body, '<all>', replace(insert_all, '<parts>', whole));
		parts := replace(parts, '<few>', replace(insert_all, '<parts>', whole || points));
		parts := replace(replace(parts, '<columns>', fold_columns()), '<source>', level.source);
		parts := replace(replace(parts, '<target>', 'candle_' || level.name), '<level>', level.name);
		EXECUTE replace(replace(parts, '<part>', level.part::text), '<width>', level.width::text);
		EXECUTE format('REVOKE ALL ON FUNCTION fold_%s FROM PUBLIC', level.name);
		EXECUTE format('GRANT EXECUTE ON FUNCTION fold_%s TO pricegraph_collector', level.name);
	END LOOP;
END $make$;

REVOKE ALL ON FUNCTION venue_table, partition_range, partition_column, attach_table, fold_columns, venue_ensure, partition_ensure, venue_empty
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION venue_ensure, partition_ensure, venue_empty TO pricegraph_collector;
