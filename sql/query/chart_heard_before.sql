-- Until when any stream was heard for a symbol before $4 (µs), or its seconds were given. $1 venue, $2 symbol, $3 its partition
SELECT greatest((
	SELECT max(least(coalesce(u.to_us, sp.to_us), sp.to_us, $4))
	FROM subscription AS u
	JOIN span AS sp ON sp.venue = u.venue AND sp.stream = u.stream AND sp.i = $3 AND sp.session = u.session
	WHERE u.venue = $1 AND u.symbol = $2 AND u.from_us < $4 AND sp.from_us < $4
), (
	SELECT max(least(g.to_us, $4)) FROM given_span AS g
	WHERE g.venue = $1 AND g.symbol = $2 AND g.from_us < $4 AND g.kind IN ('kline_1s', 'trade', 'aggTrade')
)) AS to_us
