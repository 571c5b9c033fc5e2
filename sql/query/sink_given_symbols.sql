-- The rows that what was given belongs to.
INSERT INTO symbol (venue, symbol, i)
SELECT $1, * FROM unnest($2::text[], $3::smallint[])
ON CONFLICT DO NOTHING
