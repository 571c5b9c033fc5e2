-- Every symbol that was ever collected, with the streams that it is subscribed to now. $1 venue
SELECT s.symbol, s.i, s.first_us, t.as_of_us, t.streams
FROM symbol AS s
LEFT JOIN (
	SELECT per.symbol, min(per.to_us) AS as_of_us, string_agg('"' || per.stream || '"', ',' ORDER BY per.stream) AS streams
	FROM (
		SELECT u.symbol, u.stream, max(sp.to_us) AS to_us
		FROM subscription AS u
		JOIN symbol AS x ON x.venue = u.venue AND x.symbol = u.symbol
		JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = x.i AND sp.session = u.session
		WHERE u.venue = $1 AND u.to_us IS NULL
		GROUP BY u.symbol, u.stream
	) AS per
	GROUP BY per.symbol
) AS t ON t.symbol = s.symbol
WHERE s.venue = $1
ORDER BY s.symbol
