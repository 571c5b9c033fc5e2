-- $1 venue, $2 symbol. as_of: the least T over the streams that the symbol is subscribed to; if none is any more, the last that was heard or given.
-- settled: as the sink reckons it (sink_symbol_settles_at): nothing more comes from a session that has ended, nor from before one that lives.
-- The feed is the newest alive record of its sessions.
SELECT v.epoch, v.generation, v.settle_us, s.i,
	s.first_us,
	coalesce(heard.to_us, greatest((
		SELECT max(least(u.to_us, sp.to_us))
		FROM subscription AS u
		JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = s.i AND sp.session = u.session
		WHERE u.venue = v.venue AND u.symbol = s.symbol
	), (SELECT max(g.to_us) FROM given_span AS g WHERE g.venue = v.venue AND g.symbol = s.symbol))) AS as_of_us,
	least((SELECT min(u.from_us) FROM subscription AS u WHERE u.venue = v.venue AND u.symbol = s.symbol),
		(SELECT min(g.from_us) FROM given_span AS g WHERE g.venue = v.venue AND g.symbol = s.symbol)) AS since_us,
	feed.clock_us, feed.alive_us, feed.speed, feed.ended, heard.settled_us, p.revision
FROM venue AS v
LEFT JOIN symbol AS s ON s.venue = v.venue AND s.symbol = $2
LEFT JOIN partition AS p ON p.venue = v.venue AND p.i = s.i
LEFT JOIN LATERAL (
	SELECT min(streams.to_us) AS to_us, min(streams.settled_us) AS settled_us
	FROM (
		SELECT max(sp.to_us) AS to_us,
			max(CASE WHEN sp.ended THEN sp.to_us ELSE greatest(sp.to_us - v.settle_us, sp.from_us) END) AS settled_us
		FROM subscription AS u
		JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = s.i AND sp.session = u.session
		WHERE u.venue = v.venue AND u.symbol = s.symbol AND u.to_us IS NULL
		GROUP BY u.stream
	) AS streams
) AS heard ON true
LEFT JOIN LATERAL (
	SELECT sp.clock_us, sp.alive_us, sp.speed, sp.ended
	FROM subscription AS u
	JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = s.i AND sp.session = u.session
	WHERE u.venue = v.venue AND u.symbol = s.symbol AND u.to_us IS NULL
	ORDER BY sp.alive_us DESC LIMIT 1
) AS feed ON true
WHERE v.venue = $1
