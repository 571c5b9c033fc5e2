-- The partitions of candles that hold the time $2. $1 venue
SELECT partition_ensure($1, t, $2::bigint) FROM unnest('{candle_1s,candle_1m,candle_1h,candle_1d}'::text[]) AS t
