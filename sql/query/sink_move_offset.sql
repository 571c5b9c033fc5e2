-- Records were lost to us: goes on at another offset, and the sessions there say later what they cover. $1 venue, $2 stream, $3 partition, $4 next
WITH skipped AS (
	UPDATE span SET skipped = true WHERE venue = $1 AND stream = $2 AND i = $3::smallint AND NOT ended
)
INSERT INTO kafka_offset AS o (venue, stream, i, next_offset, replay_from) VALUES ($1, $2, $3::smallint, $4::bigint, $4::bigint)
ON CONFLICT (venue, stream, i) DO UPDATE
SET next_offset = excluded.next_offset, replay_from = excluded.replay_from, last_identity = NULL
