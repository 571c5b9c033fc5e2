-- What changes by the minute in a list of prices, of each symbol. $1 venue, $2 start of the minute that holds as_of (µs)
-- last: from the minutes of the hour, else the hours and minutes of the day, else the last 30 days. first: the open of the first bar not before 24 hours
-- ago. spark: the closes of the 23 hours before this one, "<hours since the first>:<close>" with commas, in any order.
SELECT s.symbol, coalesce(minutes.last, hours.last, oldest.last, older.last) AS last, coalesce(oldest.first, hours.first, minutes.first) AS first,
	coalesce(hours.spark, '') AS spark
FROM symbol AS s
CROSS JOIN LATERAL (
	SELECT (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first
	FROM candle_1m AS c
	WHERE c.venue = $1 AND c.symbol = s.symbol AND c.open_us >= $2::bigint - $2::bigint % 3600000000 AND c.open_us < $2::bigint AND NOT c.removed
) AS minutes
CROSS JOIN LATERAL (
	SELECT (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first,
		string_agg((c.open_us - $2::bigint + $2::bigint % 3600000000 + 82800000000) / 3600000000 || ':' || c.close, ',') AS spark
	FROM candle_1h AS c
	WHERE c.venue = $1 AND c.symbol = s.symbol AND c.open_us >= $2::bigint - $2::bigint % 3600000000 - 82800000000
		AND c.open_us < $2::bigint - $2::bigint % 3600000000 AND NOT c.removed
) AS hours
CROSS JOIN LATERAL (
	SELECT (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first
	FROM candle_1m AS c
	WHERE c.venue = $1 AND c.symbol = s.symbol AND c.open_us >= $2::bigint - 86400000000
		AND c.open_us < $2::bigint - $2::bigint % 3600000000 - 82800000000 AND NOT c.removed
) AS oldest
LEFT JOIN LATERAL (
	SELECT c.close AS last
	FROM candle_1d AS c
	WHERE coalesce(minutes.last, hours.last, oldest.last) IS NULL AND c.venue = $1 AND c.symbol = s.symbol AND NOT c.removed
		AND c.open_us >= $2::bigint - $2::bigint % 86400000000 - 2592000000000 AND c.open_us <= $2::bigint
	ORDER BY c.open_us DESC LIMIT 1
) AS older ON true
WHERE s.venue = $1
