-- Each stream that is subscribed to: state, sessions, symbols, age of its newest control record (ms), how far it was heard (us), whether it has ended, records
-- a second of its topic, symbols with an open gap, holes of all kinds. Its ages are of the wall clock. $1 venue
SELECT h.stream,
	CASE WHEN h.ended THEN 'ended' WHEN c.now_us - h.alive_us > 10000000 THEN 'silent' ELSE 'heard' END AS state,
	h.sessions, h.symbols, greatest(c.now_us - h.alive_us, 0) / 1000 AS alive_age_ms, h.to_us, h.ended,
	coalesce((SELECT round(sum(offset_rate(o, c.now_us))::numeric, 1) FROM kafka_offset AS o WHERE o.venue = $1 AND o.stream = h.stream), 0) AS rate,
	(SELECT count(*) FROM gap AS g WHERE g.venue = $1 AND g.stream = h.stream AND g.state IN ('open', 'repairing')) AS gaps
FROM (
	SELECT u.stream, count(DISTINCT u.session) AS sessions, count(DISTINCT u.symbol) AS symbols, max(sp.alive_us) AS alive_us,
		min(sp.to_us) AS to_us, bool_and(sp.ended) AS ended
	FROM subscription AS u
	JOIN symbol AS s ON s.venue = u.venue AND s.symbol = u.symbol
	JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = s.i AND sp.session = u.session
	WHERE u.venue = $1 AND u.to_us IS NULL
	GROUP BY u.stream
) AS h
CROSS JOIN (SELECT (extract(epoch FROM statement_timestamp()) * 1000000)::bigint AS now_us) AS c
ORDER BY h.stream
