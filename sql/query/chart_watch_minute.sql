-- What changes by the minute in a list of prices, of each symbol. $1 venue, $2 start of the minute that holds as_of (µs)
-- last: from the minutes of the hour, else the hours of the day, else the last 30 days. first: the open of the first bar not before 24 hours ago. spark: the
-- closes of the 23 hours before this one, "<hours since the first>:<close>" with commas, in any order.
WITH minutes AS (
	SELECT c.symbol, (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first
	FROM candle_1m AS c
	WHERE c.venue = $1 AND c.open_us >= $2::bigint - $2::bigint % 3600000000 AND c.open_us < $2::bigint AND NOT c.removed
	GROUP BY c.symbol
), hours AS (
	SELECT c.symbol, (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first,
		string_agg((c.open_us - $2::bigint + $2::bigint % 3600000000 + 82800000000) / 3600000000 || ':' || c.close, ',') AS spark
	FROM candle_1h AS c
	WHERE c.venue = $1 AND c.open_us >= $2::bigint - $2::bigint % 3600000000 - 82800000000
		AND c.open_us < $2::bigint - $2::bigint % 3600000000 AND NOT c.removed
	GROUP BY c.symbol
), oldest AS (
	SELECT c.symbol, (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first
	FROM candle_1m AS c
	WHERE c.venue = $1 AND c.open_us >= $2::bigint - 86400000000
		AND c.open_us < $2::bigint - $2::bigint % 3600000000 - 82800000000 AND NOT c.removed
	GROUP BY c.symbol
), prices AS (
	SELECT s.symbol, coalesce(minutes.last, hours.last, oldest.last) AS last, hours.spark,
		coalesce(oldest.first, hours.first, minutes.first) AS first
	FROM symbol AS s
	LEFT JOIN minutes ON minutes.symbol = s.symbol
	LEFT JOIN hours ON hours.symbol = s.symbol
	LEFT JOIN oldest ON oldest.symbol = s.symbol
	WHERE s.venue = $1
)
SELECT p.symbol, coalesce(p.last, older.close) AS last, p.first, coalesce(p.spark, '') AS spark
FROM prices AS p
LEFT JOIN LATERAL (
	SELECT d.close
	FROM candle_1d AS d
	WHERE p.last IS NULL AND d.venue = $1 AND d.symbol = p.symbol AND NOT d.removed
		AND d.open_us = ANY (ARRAY(SELECT generate_series($2::bigint - $2::bigint % 86400000000 - 2592000000000, $2::bigint, 86400000000)))
	ORDER BY d.open_us DESC LIMIT 1
) AS older ON true
