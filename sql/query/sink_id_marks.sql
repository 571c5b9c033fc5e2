-- Up to where nothing is missing but what is told of in gap. Of several the last one counts. $1 venue
INSERT INTO id_mark AS m (venue, symbol, ids, id, at_us)
SELECT DISTINCT ON (u.symbol, u.ids) $1, u.symbol, u.ids, u.id, u.at_us
FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[]) WITH ORDINALITY AS u (symbol, ids, id, at_us, k)
ORDER BY u.symbol, u.ids, u.k DESC
ON CONFLICT (venue, symbol, ids) DO UPDATE SET id = excluded.id, at_us = excluded.at_us
