-- Each stream that is subscribed to. $1 venue
SELECT u.stream, count(DISTINCT u.session) AS sessions, count(DISTINCT u.symbol) AS symbols, max(sp.alive_us) AS alive_us,
	min(sp.to_us) AS to_us, bool_and(sp.ended) AS ended
FROM subscription AS u
JOIN symbol AS s ON s.venue = u.venue AND s.symbol = u.symbol
JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = s.i AND sp.session = u.session
WHERE u.venue = $1 AND u.to_us IS NULL
GROUP BY u.stream
ORDER BY u.stream
