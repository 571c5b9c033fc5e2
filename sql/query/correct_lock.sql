-- Other writers of the symbol's partition wait until the end of the transaction. $1 venue, $2 symbol
SELECT p.revision FROM symbol AS y JOIN partition AS p ON p.venue = y.venue AND p.i = y.i
WHERE y.venue = $1 AND y.symbol = $2
FOR NO KEY UPDATE OF p
