-- Moves the offsets on, each from where it is expected, and remembers how fast they move (migration 16). Fewer rows than elements: somebody else
-- moved one.
UPDATE kafka_offset o
SET next_offset = u.next, replay_from = u.replay, last_identity = u.identity, committed_us = c.now_us,
	mark_us = CASE WHEN c.now_us - o.mark_us < 60000000 THEN o.mark_us ELSE c.now_us END,
	mark_offset = CASE WHEN c.now_us - o.mark_us < 60000000 THEN o.mark_offset ELSE u.next END,
	before_us = CASE WHEN c.now_us - o.mark_us < 60000000 THEN o.before_us ELSE o.mark_us END,
	before_offset = CASE WHEN c.now_us - o.mark_us < 60000000 THEN o.before_offset ELSE o.mark_offset END
FROM unnest($2::text[], $3::smallint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
	AS u (stream, i, expected, next, replay, identity),
	(SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now_us) AS c
WHERE o.venue = $1 AND o.stream = u.stream AND o.i = u.i AND o.next_offset = u.expected
