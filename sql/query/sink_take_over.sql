-- The sink becomes the owner of every partition of the venue. $1 venue, $2 token
UPDATE partition SET owner = $2 WHERE venue = $1 RETURNING i, revision
