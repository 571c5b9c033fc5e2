-- Makes the stored list of symbols the given one. $1 venue, and in the order of the list: $2 symbols, $3 statuses, $4 their objects.
-- stored: false if there is no such venue yet; changed: how many rows are other than before.
WITH told AS MATERIALIZED (
	SELECT DISTINCT ON (u.symbol) v.venue, u.symbol, u.position::int, u.status, u.info
	FROM venue AS v, unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS u (symbol, status, info, position)
	WHERE v.venue = $1
	ORDER BY u.symbol, u.position
), put AS (
	INSERT INTO symbol_info AS i (venue, symbol, position, status, info)
	SELECT t.venue, t.symbol, t.position, t.status, t.info FROM told AS t
	ON CONFLICT (venue, symbol) DO UPDATE SET position = EXCLUDED.position, status = EXCLUDED.status, info = EXCLUDED.info
	WHERE (i.position, i.status, i.info) IS DISTINCT FROM (EXCLUDED.position, EXCLUDED.status, EXCLUDED.info)
	RETURNING 1
), gone AS (
	DELETE FROM symbol_info AS i
	WHERE i.venue = $1 AND EXISTS (SELECT FROM told) AND NOT EXISTS (SELECT FROM told AS t WHERE t.symbol = i.symbol)
	RETURNING 1
)
SELECT EXISTS (SELECT FROM told) AS stored, (SELECT count(*) FROM put) + (SELECT count(*) FROM gone) AS changed
