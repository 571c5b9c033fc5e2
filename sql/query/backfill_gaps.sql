-- What is to be repaired, newest first: interior ones as well as the last. Those that end at or after $2 are too young.
SELECT symbol, stream, from_us, to_us, cause, coalesce(first_id, -1), coalesce(last_id, -1)
FROM gap
WHERE venue = $1 AND state IN ('open', 'repairing') AND to_us <= $2
ORDER BY to_us DESC, symbol, stream, from_us
LIMIT $3
