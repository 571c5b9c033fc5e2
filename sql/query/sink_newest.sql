-- Behind it there is no candle of seconds or minutes, whoever wrote it. $1 venue
SELECT greatest(
	(SELECT max(open_us) FROM candle_1s WHERE venue = $1),
	(SELECT max(open_us) FROM candle_1m WHERE venue = $1)
)
