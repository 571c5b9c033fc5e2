-- Runs of ids without a hole that are stored since $2 (µs), for what came behind the marks. $1 venue. OFFSET 0: by the
-- key, symbol by symbol.
WITH stored AS (
	SELECT 'trade' AS ids, symbol, id AS first, id AS last, trade_us AS at_us
	FROM raw_trade WHERE venue = $1 AND trade_us >= $2::bigint
	UNION ALL
	SELECT 'aggTrade', symbol, id, id, trade_us
	FROM raw_agg_trade WHERE venue = $1 AND trade_us >= $2::bigint
	UNION ALL
	SELECT 'aggTrade.trades', symbol, first_id, last_id, trade_us
	FROM raw_agg_trade WHERE venue = $1 AND trade_us >= $2::bigint AND first_id >= 0
	UNION ALL
	SELECT 'kline_1s.trades', s.symbol, c.first_id, c.last_id, c.open_us
	FROM symbol AS s
	CROSS JOIN LATERAL (
		SELECT * FROM candle_1s WHERE venue = $1 AND symbol = s.symbol AND open_us >= $2::bigint OFFSET 0
	) AS c
	WHERE s.venue = $1 AND c.origin >= 4 AND c.closed AND c.first_id IS NOT NULL
), numbered AS (
	SELECT *, max(last) OVER (PARTITION BY ids, symbol ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
	FROM stored
), runs AS (
	SELECT *, count(*) FILTER (WHERE first > before + 1) OVER (PARTITION BY ids, symbol ORDER BY first, last) AS run
	FROM numbered
)
SELECT ids, symbol, min(first), max(last), min(at_us), max(at_us)
FROM runs
GROUP BY ids, symbol, run
ORDER BY ids, symbol, min(first)
