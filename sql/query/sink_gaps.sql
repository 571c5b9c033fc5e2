INSERT INTO gap AS g (venue, symbol, stream, from_us, to_us, cause, revision)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::bigint[])
ON CONFLICT (venue, symbol, stream, from_us, cause) DO UPDATE
SET to_us = greatest(g.to_us, excluded.to_us), revision = excluded.revision
