-- The sink: state, how long ago the newest control record that it has committed was produced (ms; NULL: the feed has ended, or nothing is heard), age of
-- its last commit (ms), partitions owned, commits, records, records a second, quarantined. $1 venue
SELECT (SELECT count(*) FROM symbol AS s WHERE s.venue = $1) AS symbols,
	CASE
		WHEN t.committed_us IS NULL THEN 'never ran'
		WHEN f.ended THEN 'ended'
		WHEN c.now_us - t.committed_us > 10000000 THEN 'silent'
		WHEN c.now_us - f.alive_us > 10000000 THEN 'behind'
		ELSE 'ok'
	END AS state,
	CASE WHEN NOT f.ended THEN greatest(c.now_us - f.alive_us, 0) / 1000 END AS lag_ms,
	CASE WHEN t.committed_us IS NOT NULL THEN greatest(c.now_us - t.committed_us, 0) / 1000 END AS committed_age_ms,
	(SELECT count(*) FROM partition AS p WHERE p.venue = $1 AND p.owner IS NOT NULL) AS owned,
	(SELECT coalesce(sum(p.revision), 0)::bigint FROM partition AS p WHERE p.venue = $1) AS commits,
	t.records, t.rate,
	(SELECT count(*) FROM quarantine AS q WHERE q.venue = $1) AS quarantined
FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now_us) AS c
CROSS JOIN LATERAL (
	SELECT max(o.committed_us) AS committed_us, coalesce(sum(o.next_offset), 0)::bigint AS records,
		coalesce(round(sum(offset_rate(o, c.now_us))::numeric, 1), 0) AS rate
	FROM kafka_offset AS o WHERE o.venue = $1 AND o.stream NOT LIKE '%.history'
) AS t
LEFT JOIN LATERAL (
	SELECT max(sp.alive_us) AS alive_us, bool_and(sp.ended) AS ended
	FROM subscription AS u JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.session = u.session
	WHERE u.venue = $1 AND u.to_us IS NULL
) AS f ON true
