-- The quarantined records that are read again when the state is rebuilt. $1 venue
SELECT q.stream, q.i, q.record_offset
FROM quarantine AS q
JOIN venue AS v ON v.venue = q.venue AND v.epoch = q.epoch
JOIN kafka_offset AS o ON o.venue = q.venue AND o.stream = q.stream AND o.i = q.i
WHERE q.venue = $1 AND q.record_offset >= least(o.replay_from, o.next_offset - 1)
