-- How the repair of one gap stands. $1 venue, $2 to $6 its key and end, $7 state: repairing, done, unrepairable, or open (to be begun anew), $8 the
-- reason or what does not add up, $9 and $10 the ids that came, $11 revision, $12 the reason of a repair that adds up.
-- Of a gap that nobody has noticed only the end is stored: history that was asked for.
WITH found AS (
	SELECT g.to_us, g.first_id, g.last_id
	FROM gap AS g
	WHERE g.venue = $1 AND g.symbol = $2 AND g.stream = $3 AND g.from_us = $4::bigint AND g.cause = $6
), judged AS (
	SELECT CASE
			WHEN $7 <> 'done' THEN $7
			WHEN $8 <> '' THEN 'unrepairable'
			WHEN f.to_us > $5::bigint THEN 'open'
			WHEN f.first_id < $9::bigint OR f.last_id > $10::bigint THEN 'unrepairable'
			ELSE 'repaired'
		END AS state,
		CASE
			WHEN $7 <> 'done' OR $8 <> '' THEN nullif($8, '')
			WHEN f.to_us > $5::bigint THEN NULL
			WHEN f.first_id < $9::bigint OR f.last_id > $10::bigint
				THEN format('ids %s to %s are not in what came', f.first_id, f.last_id)
			ELSE nullif($12, '')
		END AS reason
	FROM (SELECT) AS one
	LEFT JOIN found AS f ON true
)
INSERT INTO gap AS g (venue, symbol, stream, from_us, to_us, cause, state, reason, revision)
SELECT $1, $2, $3, $4::bigint, $5::bigint, $6, j.state, j.reason, $11::bigint
FROM judged AS j
WHERE $7 = 'done' OR EXISTS (SELECT FROM found)
ON CONFLICT (venue, symbol, stream, from_us, cause) DO UPDATE
SET state = excluded.state, reason = excluded.reason, revision = excluded.revision
WHERE g.state <> 'repaired' AND (g.state, g.reason) IS DISTINCT FROM (excluded.state, excluded.reason)
