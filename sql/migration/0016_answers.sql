-- What status and charts ask for: how fast offsets move, and aggregates for indicators.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- How fast an offset moves: what it was at two times, each a minute or more apart; `before` is the older one.
ALTER TABLE kafka_offset
	ADD COLUMN committed_us bigint, -- wall clock of the last move
	ADD COLUMN mark_us bigint,
	ADD COLUMN mark_offset bigint,
	ADD COLUMN before_us bigint,
	ADD COLUMN before_offset bigint;

-- Records a second since the older mark, which is one to two minutes old while offsets move.
CREATE FUNCTION offset_rate(o kafka_offset, now_us bigint) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT (o.next_offset - coalesce(o.before_offset, o.mark_offset)) * 1e6 / greatest(now_us - coalesce(o.before_us, o.mark_us), 1000000)
$$;
REVOKE ALL ON FUNCTION offset_rate FROM PUBLIC;
GRANT EXECUTE ON FUNCTION offset_rate TO pricegraph_collector, pricegraph_reader;

-- Aggregates for the indicators whose definition is recursive. As window functions over bars, oldest first, they give the value at each
-- bar; the first n values seed them, as Wilder and the libraries of this field do. Double precision: an average of averages
-- has no exact decimal form. A state is an array; its first element says how many values are still missing, while it is > 0 there is no result.

-- {missing, average}: the mean of the first n, then the share 2 / (n + 1) of each further value.
CREATE FUNCTION ema_next(state double precision[], value double precision, n int) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN CASE
		WHEN state IS NULL THEN ARRAY[n - 1, value]
		WHEN state[1] > 0 THEN ARRAY[state[1] - 1, state[2] + (value - state[2]) / (n - state[1] + 1)]
		ELSE ARRAY[0, state[2] + (value - state[2]) * 2 / (n + 1)]
	END;
END $$;
CREATE FUNCTION ema_value(state double precision[]) RETURNS double precision LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN CASE WHEN state[1] = 0 THEN state[2] END;
END $$;
CREATE AGGREGATE ema(double precision, int) (SFUNC = ema_next, STYPE = double precision[], FINALFUNC = ema_value, PARALLEL = SAFE);

-- {missing, average gain, average loss, value before}: means of the first n changes, then the share 1 / n of each further one (Wilder 1978).
CREATE FUNCTION rsi_next(state double precision[], value double precision, n int) RETURNS double precision[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
	gain double precision := greatest(value - state[4], 0);
	loss double precision := greatest(state[4] - value, 0);
BEGIN
	RETURN CASE
		WHEN state IS NULL THEN ARRAY[n, 0, 0, value]
		WHEN state[1] > 0 THEN ARRAY[state[1] - 1, state[2] + (gain - state[2]) / (n - state[1] + 1),
			state[3] + (loss - state[3]) / (n - state[1] + 1), value]
		ELSE ARRAY[0, state[2] + (gain - state[2]) / n, state[3] + (loss - state[3]) / n, value]
	END;
END $$;
-- NULL also where nothing has changed yet: 0 / 0 is no strength.
CREATE FUNCTION rsi_value(state double precision[]) RETURNS double precision LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
	RETURN CASE WHEN state[1] = 0 AND state[2] + state[3] > 0 THEN 100 * state[2] / (state[2] + state[3]) END;
END $$;
CREATE AGGREGATE rsi(double precision, int) (SFUNC = rsi_next, STYPE = double precision[], FINALFUNC = rsi_value, PARALLEL = SAFE);

REVOKE ALL ON FUNCTION ema_next, ema_value, rsi_next, rsi_value, ema(double precision, int), rsi(double precision, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ema_next, ema_value, rsi_next, rsi_value, ema(double precision, int), rsi(double precision, int)
TO pricegraph_collector, pricegraph_reader;
