-- The symbols that were ever collected, in the order of the exchange's list. $1 venue, $2 symbols (NULL: all), $3 as_of (µs). info: the exchange's
-- object, NULL: none is stored; then price_places and volume_places are those of the last hour's minutes.
WITH chosen AS MATERIALIZED (
	SELECT s.symbol, i.position, i.status, i.info
	FROM symbol AS s
	LEFT JOIN symbol_info AS i ON i.venue = s.venue AND i.symbol = s.symbol
	WHERE s.venue = $1 AND ($2::text[] IS NULL OR s.symbol = ANY($2))
), places AS (
	SELECT x.symbol, max(greatest(scale(trim_scale(c.open)), scale(trim_scale(c.high)), scale(trim_scale(c.low)), scale(trim_scale(c.close)))) AS price,
		max(scale(trim_scale(c.volume))) AS volume
	FROM chosen AS x
	CROSS JOIN LATERAL (
		SELECT * FROM candle_1m WHERE venue = $1 AND symbol = x.symbol AND open_us >= $3::bigint - 3600000000 AND open_us <= $3 OFFSET 0
	) AS c
	WHERE x.info IS NULL
	GROUP BY x.symbol
)
SELECT x.symbol, coalesce(x.status, CASE WHEN EXISTS (
		SELECT FROM subscription AS u WHERE u.venue = $1 AND u.symbol = x.symbol AND u.to_us IS NULL
	) THEN 'TRADING' ELSE 'BREAK' END) AS status, x.info, least(p.price, 8) AS price_places, least(p.volume, 8) AS volume_places
FROM chosen AS x
LEFT JOIN places AS p ON p.symbol = x.symbol
ORDER BY x.position, x.symbol
