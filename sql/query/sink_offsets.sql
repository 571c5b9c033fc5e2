-- Moves the offsets on, each from where it is expected. Fewer rows than elements: somebody else moved one.
UPDATE kafka_offset o
SET next_offset = u.next, replay_from = u.replay, last_identity = u.identity
FROM unnest($2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
	AS u (stream, i, expected, next, replay, identity)
WHERE o.venue = $1 AND o.stream = u.stream AND o.i = u.i AND o.next_offset = u.expected
