-- give_spans of migration 11, which changed what is absent even if it was told again: a file that is loaded anew changes nothing.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- Takes down what stretches were given, in the order of the arrays: joined with those that they overlap or touch. With a reason: there is
-- nothing in [from, to), which is a gap for ever, except where something was given after all. Returns the symbols of which something changed.
CREATE OR REPLACE FUNCTION give_spans(venue text, symbols text[], kinds text[], lows bigint[], highs bigint[], begins bigint[], ends bigint[],
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
