-- Locks the partitions of this batch and numbers the commit. Fewer rows than partitions: another sink owns one. $1 venue, $2 token, $3 partitions
UPDATE partition SET revision = revision + 1
WHERE venue = $1 AND owner = $2 AND i = ANY ($3::smallint[])
RETURNING i, revision
