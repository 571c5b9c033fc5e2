-- What is kept how long: horizons that move, partitions below them that go, sessions of long ago joined to stretches.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- The level by which a partitioned table is kept.
CREATE FUNCTION level_of_table(table_name text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT CASE WHEN table_name LIKE 'candle\_%' THEN substr(table_name, 8) ELSE 'raw' END
$$;

-- Makes the partition of one partitioned table that holds time_us. As safe to repeat as venue_ensure, which must have run.
-- Below the horizon it makes nothing.
CREATE OR REPLACE FUNCTION partition_ensure(venue text, table_name text, time_us bigint) RETURNS void
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
	IF r.to_us <= horizon_us(partition_ensure.venue, level_of_table(partition_ensure.table_name)) THEN
		RETURN;
	END IF;
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
CREATE OR REPLACE FUNCTION venue_empty(venue text) RETURNS bigint
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
	DELETE FROM horizon AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM kafka_offset AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM subscription AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM span AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM gap AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM symbol AS x WHERE x.venue = venue_empty.venue;
	DELETE FROM quarantine AS x WHERE x.venue = venue_empty.venue;
	RETURN new_epoch;
END $$;

-- Moves the horizons of a venue to `days` before its clock as the feed heard it last (raw, 1s, 1m, 1h, 1d; 0: kept for ever), down to where a
-- partition begins, never back. at_most_us: the clock is not believed beyond (a wrong one would take everything). A coarser level is never kept
-- shorter than a finer one. Gaps that lie wholly below can't be repaired any more, and say so. Recordings have no horizon. Returns the levels whose
-- horizon moved.
CREATE FUNCTION horizons_move(venue text, days int[], at_most_us bigint) RETURNS text[]
LANGUAGE plpgsql SET search_path = pricegraph, pg_temp AS $$
#variable_conflict use_column
DECLARE
	levels constant text[] := '{raw,1s,1m,1h,1d}';
	clock_us bigint;
	kept int := 0;
	target bigint;
	moved text[] := '{}';
	place record;
BEGIN
	SELECT s.clock_us INTO clock_us FROM span AS s WHERE s.venue = horizons_move.venue ORDER BY s.alive_us DESC LIMIT 1;
	IF clock_us IS NULL OR venue LIKE 'replay-%' THEN
		RETURN moved;
	END IF;
	clock_us := least(clock_us, at_most_us);
	FOR k IN 1 .. 5 LOOP
		EXIT WHEN days[k] = 0;
		kept := greatest(kept, days[k]);
		target := (partition_range(CASE WHEN k <= 2 THEN 1 ELSE 0 END, greatest(clock_us - kept * 86400000000, 0))).from_us;
		INSERT INTO horizon AS h (venue, level, from_us) VALUES (horizons_move.venue, levels[k], target)
		ON CONFLICT (venue, level) DO UPDATE SET from_us = excluded.from_us WHERE h.from_us < excluded.from_us;
		IF FOUND THEN
			moved := moved || levels[k];
		END IF;
	END LOOP;
	-- What was covered is so no more: answers that were kept are old.
	UPDATE partition AS p SET revision = p.revision + 1 WHERE p.venue = horizons_move.venue AND moved <> '{}';
	FOR place IN
		SELECT y.i, array_agg(DISTINCT y.symbol) AS symbols
		FROM gap AS g JOIN symbol AS y ON y.venue = g.venue AND y.symbol = g.symbol
		WHERE g.venue = horizons_move.venue AND g.state IN ('open', 'repairing')
			AND g.to_us <= horizon_us(g.venue, CASE WHEN g.stream IN ('trade', 'aggTrade') THEN 'raw' ELSE '1s' END)
		GROUP BY y.i
	LOOP
		UPDATE partition AS p SET revision = p.revision + 1 WHERE p.venue = horizons_move.venue AND p.i = place.i RETURNING p.revision INTO target;
		UPDATE gap AS g SET state = 'unrepairable', reason = 'older than what is kept', revision = target
		WHERE g.venue = horizons_move.venue AND g.symbol = ANY (place.symbols) AND g.state IN ('open', 'repairing')
			AND g.to_us <= horizon_us(g.venue, CASE WHEN g.stream IN ('trade', 'aggTrade') THEN 'raw' ELSE '1s' END);
		UPDATE symbol AS y SET settled_revision = target WHERE y.venue = horizons_move.venue AND y.symbol = ANY (place.symbols);
	END LOOP;
	RETURN moved;
END $$;

-- Coverage of long ago in few rows: what ended before before_us of sessions and of what was subscribed through them becomes stretches of one
-- session 'joined' a stream and partition, which cover exactly what the rows covered. Repaired gaps of then become stretches of kline_1s,
-- since they are as good; those that an open gap of kline_1s overlaps stay. Returns how many rows were joined.
CREATE FUNCTION sessions_join(venue text, before_us bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path = pricegraph, pg_temp AS $$
#variable_conflict use_column
DECLARE
	old record;
	joined bigint := 0;
	n bigint;
	covered int8multirange;
BEGIN
	CREATE TEMP TABLE IF NOT EXISTS join_part (symbol text, stream text, i smallint, from_us bigint, to_us bigint) ON COMMIT DELETE ROWS;
	WITH gone AS (
		DELETE FROM subscription AS u USING symbol AS y, span AS s
		WHERE u.venue = sessions_join.venue AND u.to_us < before_us AND u.session <> 'joined' AND y.venue = u.venue AND y.symbol = u.symbol
			AND s.venue = u.venue AND s.stream = u.stream AND s.i = y.i AND s.session = u.session
		RETURNING u.symbol, u.stream, y.i, greatest(u.from_us, s.from_us) AS from_us, least(u.to_us, s.to_us) AS to_us
	), repaired AS (
		DELETE FROM gap AS g USING symbol AS y
		WHERE g.venue = sessions_join.venue AND g.state = 'repaired' AND g.to_us < before_us AND y.venue = g.venue AND y.symbol = g.symbol
			AND NOT EXISTS (SELECT FROM gap AS x WHERE x.venue = g.venue AND x.symbol = g.symbol AND x.stream = 'kline_1s'
				AND x.state <> 'repaired' AND x.from_us < g.to_us + 1000000 AND x.to_us > g.from_us - 1000000)
		RETURNING g.symbol, 'kline_1s', y.i, g.from_us - g.from_us % 1000000, (g.to_us + 999999) / 1000000 * 1000000
	)
	INSERT INTO join_part SELECT * FROM gone UNION ALL SELECT * FROM repaired;
	GET DIAGNOSTICS joined = ROW_COUNT;
	FOR old IN
		SELECT p.symbol, p.stream, range_agg(int8range(p.from_us, p.to_us)) AS parts, min(p.from_us) AS from_us
		FROM join_part AS p WHERE p.from_us < p.to_us GROUP BY p.symbol, p.stream
	LOOP
		WITH touched AS (
			DELETE FROM subscription AS u
			WHERE u.venue = sessions_join.venue AND u.symbol = old.symbol AND u.stream = old.stream AND u.session = 'joined'
				AND u.to_us >= old.from_us
			RETURNING u.from_us, u.to_us
		)
		SELECT old.parts + coalesce(range_agg(int8range(t.from_us, t.to_us)), '{}') INTO covered FROM touched AS t;
		INSERT INTO subscription (venue, symbol, stream, session, from_us, to_us)
		SELECT sessions_join.venue, old.symbol, old.stream, 'joined', lower(r), upper(r) FROM unnest(covered) AS r;
	END LOOP;
	INSERT INTO span AS s (venue, stream, i, session, from_us, to_us, ended, clock_us, speed, alive_us)
	SELECT sessions_join.venue, p.stream, p.i, 'joined', min(p.from_us), max(p.to_us), true, max(p.to_us), 0, 0 FROM join_part AS p GROUP BY p.stream, p.i
	ON CONFLICT (venue, stream, i, session) DO UPDATE
	SET from_us = least(s.from_us, excluded.from_us), to_us = greatest(s.to_us, excluded.to_us), clock_us = greatest(s.clock_us, excluded.clock_us);
	DELETE FROM span AS s
	WHERE s.venue = sessions_join.venue AND s.to_us < before_us AND s.session <> 'joined' AND NOT EXISTS (
		SELECT FROM subscription AS u JOIN symbol AS y ON y.venue = u.venue AND y.symbol = u.symbol
		WHERE u.venue = s.venue AND u.stream = s.stream AND u.session = s.session AND y.i = s.i);
	GET DIAGNOSTICS n = ROW_COUNT;
	DROP TABLE join_part;
	RETURN joined + n;
END $$;

-- The partitions that lie below the horizons, each with the statement that comes next for it: it is detached without holding anybody up, then
-- dropped; what an interruption left between is gone on with. DETACH CONCURRENTLY can't be run by a function.
CREATE FUNCTION retention_due(venue text) RETURNS TABLE (name text, statement text) LANGUAGE sql STABLE AS $$
	SELECT t.name, CASE
		WHEN i.inhrelid IS NULL THEN format('DROP TABLE pricegraph.%I', t.name)
		WHEN i.inhdetachpending THEN format('ALTER TABLE pricegraph.%I DETACH PARTITION pricegraph.%I FINALIZE', t.parent, t.name)
		ELSE format('ALTER TABLE pricegraph.%I DETACH PARTITION pricegraph.%I CONCURRENTLY', t.parent, t.name)
	END
	FROM (
		SELECT c.oid, c.relname::text AS name, p.parent, p.table_name, substring(c.relname FROM '\$(\d{8}|\d{4})$') AS day
		FROM (SELECT x.table_name, x.days, pricegraph.venue_table(x.table_name, retention_due.venue) AS parent FROM pricegraph.partitioned AS x) AS p
		JOIN pg_class AS c ON c.relnamespace = 'pricegraph'::regnamespace AND c.relkind = 'r'
			AND c.relname ~ '\$(\d{8}|\d{4})$' AND regexp_replace(c.relname, '\$\d+$', '') = p.parent
	) AS t
	JOIN pricegraph.partitioned AS p ON p.table_name = t.table_name
	CROSS JOIN LATERAL pricegraph.partition_range(p.days,
		(to_date(rpad(t.day, 8, '0101'), 'YYYYMMDD') - date '1970-01-01') * 86400000000) AS r
	LEFT JOIN pg_inherits AS i ON i.inhrelid = t.oid
	WHERE r.to_us <= pricegraph.horizon_us(retention_due.venue, pricegraph.level_of_table(t.table_name))
	ORDER BY r.from_us, t.name
$$;

REVOKE ALL ON FUNCTION level_of_table, horizons_move, sessions_join, retention_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION level_of_table TO pricegraph_collector;
