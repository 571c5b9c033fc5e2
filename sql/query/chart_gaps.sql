-- $1 venue, $2 symbol, [$3, $4) µs
SELECT stream, from_us, to_us, cause, state, coalesce(reason, '') AS reason, revision
FROM gap
WHERE venue = $1 AND symbol = $2 AND to_us > $3 AND from_us < $4
ORDER BY from_us, stream
