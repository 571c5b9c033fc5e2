-- Back-fill: whether somebody does it (NULL: a replica does not know), records it brought and a second, and the oldest gap that is not closed: symbol, stream,
-- from, to (us), cause, state. $1 venue
SELECT
	CASE WHEN NOT pg_is_in_recovery() THEN EXISTS (
		SELECT FROM pg_locks AS l
		WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
			AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
			AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('pricegraph.backfill.' || $1, 0)
	) END AS running,
	t.records, t.rate, g.symbol, g.stream, g.from_us, g.to_us, g.cause, g.state
FROM (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now_us) AS c
CROSS JOIN LATERAL (
	SELECT coalesce(sum(o.next_offset), 0)::bigint AS records, coalesce(round(sum(offset_rate(o, c.now_us))::numeric, 1), 0) AS rate
	FROM kafka_offset AS o WHERE o.venue = $1 AND o.stream LIKE '%.history'
) AS t
LEFT JOIN LATERAL (
	SELECT x.symbol, x.stream, x.from_us, x.to_us, x.cause, x.state
	FROM gap AS x WHERE x.venue = $1 AND x.state IN ('open', 'repairing')
	ORDER BY x.from_us, x.symbol, x.stream LIMIT 1
) AS g ON true
