-- Every history topic is read from its beginning. $1 venue, $2 their names
INSERT INTO kafka_offset (venue, stream, i, next_offset, replay_from)
SELECT $1, s, i, 0, 0 FROM unnest($2::text[]) AS s, generate_series(0, 7) AS i
ON CONFLICT DO NOTHING
