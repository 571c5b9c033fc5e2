-- Locks the partitions of this batch and numbers the commit. Fewer rows than partitions: another sink owns one. With them the horizons (raw, 1s, 1m, 1h, 1d). $1 venue, $2 token, $3 partitions
UPDATE partition SET revision = revision + 1
WHERE venue = $1 AND owner = $2 AND i = ANY ($3::smallint[])
RETURNING i, revision,
	(SELECT from_us FROM horizon WHERE venue = $1 AND level = 'raw'), (SELECT from_us FROM horizon WHERE venue = $1 AND level = '1s'),
	(SELECT from_us FROM horizon WHERE venue = $1 AND level = '1m'), (SELECT from_us FROM horizon WHERE venue = $1 AND level = '1h'),
	(SELECT from_us FROM horizon WHERE venue = $1 AND level = '1d')
