-- What tells whether anything was committed. $1 venue
SELECT v.epoch, v.generation, p.i, p.revision
FROM venue AS v
JOIN partition AS p ON p.venue = v.venue
WHERE v.venue = $1
