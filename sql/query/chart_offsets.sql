-- $1 venue, $2 partition
SELECT stream, replay_from FROM kafka_offset WHERE venue = $1 AND i = $2
