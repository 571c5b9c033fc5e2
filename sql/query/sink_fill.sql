-- How the repair of one gap stands. $1 venue, $2 to $6 its key and end, $7 state: repairing, done, unrepairable, or open (to be begun anew), $8 the
-- reason or what does not add up, $9 and $10 the ids that came, $11 revision, $12 the reason of a repair that adds up, [$13, $14] where it looked.
-- Where what was told of the gap since the repair was asked for is missing, the repair is begun anew.
-- Of a gap that nobody has noticed only the end is stored: history that was asked for.
WITH found AS (
	SELECT g.to_us > $5::bigint AS longer, g.ids_from_us < $13::bigint OR g.ids_to_us > $14::bigint AS wider, g.first_id, g.last_id,
		$8 = '' AND CASE WHEN g.first_id IS NULL THEN g.ids_from_us IS NULL ELSE g.first_id >= $9::bigint AND g.last_id <= $10::bigint END AS whole
	FROM gap AS g
	WHERE g.venue = $1 AND g.symbol = $2 AND g.stream = $3 AND g.from_us = $4::bigint AND g.cause = $6
), judged AS (
	SELECT CASE
			WHEN $7 <> 'done' THEN $7
			WHEN f.longer OR (f.wider AND NOT f.whole) THEN 'open'
			WHEN $8 <> '' OR f.first_id < $9::bigint OR f.last_id > $10::bigint THEN 'unrepairable'
			ELSE 'repaired'
		END AS state,
		CASE
			WHEN $7 <> 'done' THEN nullif($8, '')
			WHEN f.longer OR (f.wider AND NOT f.whole) THEN NULL
			WHEN $8 <> '' THEN $8
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
