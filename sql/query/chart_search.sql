-- Symbols that contain a text, those that begin with it first. $1 venue, $2 text, $3 how many at most. info: the exchange's object, if one is stored.
SELECT s.symbol, i.info
FROM symbol AS s
LEFT JOIN symbol_info AS i ON i.venue = s.venue AND i.symbol = s.symbol
WHERE s.venue = $1 AND strpos(upper(s.symbol), upper($2)) > 0
ORDER BY strpos(upper(s.symbol), upper($2)), length(s.symbol), s.symbol
LIMIT $3
