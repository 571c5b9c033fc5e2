-- $1 venue
SELECT
	(SELECT count(*) FROM symbol AS s WHERE s.venue = $1) AS symbols,
	(SELECT count(*) FROM partition AS p WHERE p.venue = $1 AND p.owner IS NOT NULL) AS owned,
	(SELECT coalesce(sum(p.revision), 0)::bigint FROM partition AS p WHERE p.venue = $1) AS commits,
	(SELECT coalesce(sum(o.next_offset), 0)::bigint FROM kafka_offset AS o WHERE o.venue = $1) AS records,
	(SELECT count(*) FROM quarantine AS q WHERE q.venue = $1) AS quarantined,
	(SELECT coalesce(string_agg('"' || g.state || '":' || g.n, ',' ORDER BY g.state), '')
		FROM (SELECT x.state, count(*) AS n FROM gap AS x WHERE x.venue = $1 GROUP BY x.state) AS g) AS gaps
