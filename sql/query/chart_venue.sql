-- $1 venue. revision: a number that every commit raises. as_of: the least T over all streams and partitions that are subscribed to; the feed: the newest alive record.
WITH used AS MATERIALIZED (
	SELECT DISTINCT u.stream, u.session FROM subscription AS u WHERE u.venue = $1 AND u.to_us IS NULL
), heard AS MATERIALIZED (
	SELECT sp.* FROM used JOIN span AS sp ON sp.venue = $1 AND sp.stream = used.stream AND sp.session = used.session
)
SELECT v.epoch, v.generation, v.settle_us, t.as_of_us, f.clock_us, f.alive_us, f.speed, f.ended,
	(SELECT coalesce(sum(p.revision), 0)::bigint FROM partition AS p WHERE p.venue = v.venue) AS revision
FROM venue AS v
LEFT JOIN (
	SELECT min(per.to_us) AS as_of_us FROM (SELECT max(h.to_us) AS to_us FROM heard AS h GROUP BY h.stream, h.i) AS per
) AS t ON true
LEFT JOIN (SELECT h.clock_us, h.alive_us, h.speed, h.ended FROM heard AS h ORDER BY h.alive_us DESC LIMIT 1) AS f ON true
WHERE v.venue = $1
