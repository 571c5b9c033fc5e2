-- Of each symbol the last price, the first of the last 24 hours, and the closes of the hours that are over. $1 venue, $2 as_of (µs)
-- last: from the seconds of the minute, else the minutes of the hour, else the hours of the day, else the last 30 days. first: open of the first bar not
-- before the minute 24 hours ago. spark: "<hours since the first>:<close>" with commas, in any order.
WITH at AS (
	SELECT $2::bigint AS as_of, $2::bigint - $2::bigint % 60000000 AS minute, $2::bigint - $2::bigint % 3600000000 AS hour,
		$2::bigint - 86400000000 - $2::bigint % 60000000 AS day_ago
), seconds AS (
	SELECT c.symbol, (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first
	FROM candle_1s AS c
	WHERE c.venue = $1 AND c.open_us >= $2::bigint - $2::bigint % 60000000 AND c.open_us <= $2::bigint AND NOT c.removed
	GROUP BY c.symbol
), minutes AS (
	SELECT c.symbol, (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first
	FROM candle_1m AS c
	WHERE c.venue = $1 AND c.open_us >= $2::bigint - $2::bigint % 3600000000 AND c.open_us < $2::bigint - $2::bigint % 60000000
		AND NOT c.removed
	GROUP BY c.symbol
), hours AS (
	SELECT c.symbol, (max(ARRAY[c.open_us, c.close]))[2] AS last, (min(ARRAY[c.open_us, c.open]))[2] AS first,
		string_agg((c.open_us - at.hour + 82800000000) / 3600000000 || ':' || c.close, ',') AS spark
	FROM candle_1h AS c, at
	WHERE c.venue = $1 AND c.open_us >= $2::bigint - $2::bigint % 3600000000 - 82800000000
		AND c.open_us < $2::bigint - $2::bigint % 3600000000 AND NOT c.removed
	GROUP BY c.symbol
), oldest AS (
	SELECT c.symbol, (min(ARRAY[c.open_us, c.open]))[2] AS first
	FROM candle_1m AS c
	WHERE c.venue = $1 AND c.open_us >= $2::bigint - 86400000000 - $2::bigint % 60000000
		AND c.open_us < $2::bigint - $2::bigint % 3600000000 - 82800000000 AND NOT c.removed
	GROUP BY c.symbol
), prices AS (
	SELECT s.symbol, coalesce(seconds.last, minutes.last, hours.last, oldest.first) AS recent, hours.spark,
		coalesce(oldest.first, hours.first, minutes.first, seconds.first) AS first
	FROM symbol AS s
	LEFT JOIN seconds ON seconds.symbol = s.symbol
	LEFT JOIN minutes ON minutes.symbol = s.symbol
	LEFT JOIN hours ON hours.symbol = s.symbol
	LEFT JOIN oldest ON oldest.symbol = s.symbol
	WHERE s.venue = $1
)
SELECT p.symbol, coalesce(p.recent, older.close) AS last, p.recent - p.first AS change,
	round((p.recent - p.first) / nullif(p.first, 0) * 100, 3) AS percent, p.spark
FROM prices AS p
LEFT JOIN LATERAL (
	SELECT d.close
	FROM candle_1d AS d
	WHERE d.venue = $1 AND d.symbol = p.symbol AND NOT d.removed
		AND d.open_us = ANY (ARRAY(SELECT generate_series($2::bigint - $2::bigint % 86400000000 - 2592000000000, $2::bigint, 86400000000)))
	ORDER BY d.open_us DESC LIMIT 1
) AS older ON p.recent IS NULL
ORDER BY p.symbol
