-- Holes in ids. Where one missed time explains the hole, the gap that says so learns which ids it lacks and where they may lie, and is open again if
-- it was taken for repaired; the others become gaps of their own, also where several missed times lie within the hole: none of them
-- has all of the ids.
WITH given AS MATERIALIZED (
	SELECT symbol, stream, from_us, max(to_us) AS to_us, min(first_id) AS first_id, max(last_id) AS last_id, max(revision) AS revision
	FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[])
		AS u (symbol, stream, from_us, to_us, first_id, last_id, revision)
	GROUP BY symbol, stream, from_us
), known AS MATERIALIZED (
	SELECT count(*) OVER (PARTITION BY n.symbol, n.stream, n.from_us) AS explanations, n.symbol, n.stream, n.from_us AS hole_us, n.to_us AS hole_to_us,
		g.from_us, g.cause, n.first_id, n.last_id, n.revision
	FROM given AS n
	JOIN gap AS g ON g.venue = $1 AND g.symbol = n.symbol AND g.stream = n.stream AND g.cause <> 'ids'
		AND g.from_us < n.to_us AND g.to_us > n.from_us
), told AS (
	UPDATE gap AS g
	SET first_id = least(g.first_id, k.first_id), last_id = greatest(g.last_id, k.last_id),
		ids_from_us = least(g.ids_from_us, k.hole_us), ids_to_us = greatest(g.ids_to_us, k.hole_to_us), revision = k.revision,
		state = CASE WHEN g.state = 'repaired' THEN 'open' ELSE g.state END,
		reason = CASE WHEN g.state = 'repaired' THEN NULL ELSE g.reason END
	FROM (
		SELECT symbol, stream, from_us, cause, min(hole_us) AS hole_us, max(hole_to_us) AS hole_to_us,
			min(first_id) AS first_id, max(last_id) AS last_id, max(revision) AS revision
		FROM known WHERE explanations = 1 GROUP BY symbol, stream, from_us, cause
	) AS k
	WHERE g.venue = $1 AND g.symbol = k.symbol AND g.stream = k.stream AND g.from_us = k.from_us AND g.cause = k.cause
)
INSERT INTO gap AS g (venue, symbol, stream, from_us, to_us, cause, first_id, last_id, ids_from_us, ids_to_us, revision)
SELECT $1, n.symbol, n.stream, n.from_us, n.to_us, 'ids', n.first_id, n.last_id, n.from_us, n.to_us, n.revision
FROM given AS n
WHERE NOT EXISTS (SELECT FROM known AS k WHERE k.explanations = 1 AND k.symbol = n.symbol AND k.stream = n.stream AND k.hole_us = n.from_us)
ON CONFLICT (venue, symbol, stream, from_us, cause) DO UPDATE
SET to_us = greatest(g.to_us, excluded.to_us), ids_to_us = greatest(g.ids_to_us, excluded.ids_to_us), first_id = least(g.first_id, excluded.first_id),
	last_id = greatest(g.last_id, excluded.last_id), revision = excluded.revision,
	state = CASE WHEN g.state = 'repaired' THEN 'open' ELSE g.state END,
	reason = CASE WHEN g.state = 'repaired' THEN NULL ELSE g.reason END
