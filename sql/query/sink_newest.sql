-- Behind it there is no candle of seconds or minutes, whoever wrote it. $1 venue
SELECT max(greatest(
	(SELECT c.open_us FROM candle_1s AS c WHERE c.venue = $1 AND c.symbol = s.symbol ORDER BY c.open_us DESC LIMIT 1),
	(SELECT c.open_us FROM candle_1m AS c WHERE c.venue = $1 AND c.symbol = s.symbol ORDER BY c.open_us DESC LIMIT 1)
))
FROM symbol AS s
WHERE s.venue = $1
