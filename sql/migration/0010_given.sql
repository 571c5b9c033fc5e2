-- Bars that are given at their level (import, back-fill by hand of 1m, 1h, 1d), and what stretches were given.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- A given bar outranks a fold, unless the fold is at kline rank throughout (every part is there, each of kline rank) or holds a correction.
-- made: 0 a fold of what was there, 1 a fold at kline rank throughout, 2 a fold that holds a correction (or a part removed by hand), 3 the
-- given bar, 4 a bar corrected at its level, which neither a fold nor a given bar changes. stated_us: version of the given bar, NULL: none is
-- known. given: that bar while a fold or a correction stands before it, else NULL.
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

-- Takes down what stretches were given, in the order of the arrays: joined with those that they overlap or touch. With a reason: there is
-- nothing in [from, to), which is a gap for ever, except where something was given after all. Returns the symbols of which something changed.
CREATE FUNCTION give_spans(venue text, symbols text[], kinds text[], lows bigint[], highs bigint[], begins bigint[], ends bigint[],
	reasons text[], revisions bigint[])
RETURNS SETOF text LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	g record;
	old record;
	said int8multirange;
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
		SELECT coalesce(range_agg(int8range(x.from_us, x.to_us)), '{}') INTO said
		FROM pricegraph.gap AS x
		WHERE x.venue = give_spans.venue AND x.symbol = g.symbol AND x.stream = g.kind AND x.cause = 'absent'
			AND x.from_us <= g.to_us AND x.to_us >= g.from_us;
		kept := CASE WHEN g.reason IS NULL THEN said - int8multirange(int8range(g.from_us, g.to_us))
			ELSE said + (int8multirange(int8range(g.from_us, g.to_us)) - old.ranges) END;
		CONTINUE WHEN g.reason IS NOT NULL AND kept = said;
		DELETE FROM pricegraph.gap AS x
		WHERE x.venue = give_spans.venue AND x.symbol = g.symbol AND x.stream = g.kind AND x.cause = 'absent'
			AND int8range(x.from_us, x.to_us) <@ said;
		INSERT INTO pricegraph.gap (venue, symbol, stream, from_us, to_us, cause, state, reason, revision)
		SELECT give_spans.venue, g.symbol, g.kind, lower(r), upper(r), 'absent', 'unrepairable', coalesce(g.reason, 'it was not in what was given'), g.revision
		FROM unnest(kept) AS r;
		RETURN NEXT g.symbol;
	END LOOP;
END $$;
REVOKE ALL ON FUNCTION give_spans FROM PUBLIC;
GRANT EXECUTE ON FUNCTION give_spans TO pricegraph_collector;
