-- Symbols whose past changed after the revision $2[i + 1] of their partition i. $1 venue
SELECT s.symbol, s.settled_revision FROM symbol AS s WHERE s.venue = $1 AND s.settled_revision > ($2::bigint[])[s.i + 1]
