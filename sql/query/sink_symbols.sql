-- New symbols, earlier first candles, newer settled revisions.
INSERT INTO symbol AS s (venue, symbol, i, first_us, settled_revision)
SELECT $1, * FROM unnest($2::text[], $3::smallint[], $4::bigint[], $5::bigint[])
ON CONFLICT (venue, symbol) DO UPDATE
SET first_us = least(s.first_us, excluded.first_us),
	settled_revision = greatest(s.settled_revision, excluded.settled_revision)
