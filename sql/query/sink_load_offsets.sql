SELECT stream, i, next_offset, replay_from, coalesce(last_identity, 0) FROM kafka_offset WHERE venue = $1
