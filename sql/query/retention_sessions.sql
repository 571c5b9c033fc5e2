-- $1 venue, $2 days that sessions stay as they were, $3 how far its clock is believed
SELECT coalesce((
	SELECT sessions_join($1, least(s.clock_us, $3::bigint) - $2::bigint * 86400000000)
	FROM span AS s WHERE s.venue = $1 ORDER BY s.alive_us DESC LIMIT 1), 0)
