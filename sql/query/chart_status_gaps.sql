-- Gaps by state: how many, and how much time of a symbol's stream they are (ms). $1 venue
SELECT g.state, count(*) AS gaps, (sum(g.to_us - g.from_us) / 1000)::bigint AS ms
FROM gap AS g
WHERE g.venue = $1
GROUP BY g.state
ORDER BY g.state
