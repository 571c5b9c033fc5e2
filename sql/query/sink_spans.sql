INSERT INTO span AS s (venue, stream, i, session, from_us, to_us, ended, clock_us, speed, alive_us)
SELECT $1, * FROM unnest($2::text[], $3::smallint[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[],
	$8::bigint[], $9::double precision[], $10::bigint[])
ON CONFLICT (venue, stream, i, session) DO UPDATE
SET to_us = greatest(s.to_us, excluded.to_us), ended = excluded.ended, clock_us = excluded.clock_us,
	speed = excluded.speed, alive_us = excluded.alive_us
