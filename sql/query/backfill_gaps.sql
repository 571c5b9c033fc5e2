-- What is to be repaired, newest first: interior ones as well as the last; the ids that one lacks may lie beyond it. Those that end behind $2
-- are too young.
SELECT symbol, stream, from_us, to_us, cause, coalesce(first_id, -1), coalesce(last_id, -1),
	least(from_us, ids_from_us), greatest(to_us, ids_to_us)
FROM gap
WHERE venue = $1 AND state IN ('open', 'repairing') AND to_us <= $2 AND (ids_to_us <= $2) IS NOT FALSE
ORDER BY to_us DESC, symbol, stream, from_us
LIMIT $3
