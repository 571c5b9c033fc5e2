INSERT INTO subscription (venue, symbol, stream, session, from_us)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT DO NOTHING
