INSERT INTO quarantine (venue, epoch, stream, i, record_offset, reason, record_key, record_value, at_us)
SELECT $1, $2, u.*, $9
FROM unnest($3::text[], $4::smallint[], $5::bigint[], $6::text[], $7::bytea[], $8::bytea[]) AS u
ON CONFLICT DO NOTHING
