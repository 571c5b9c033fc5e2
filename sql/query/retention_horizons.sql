-- $1 venue, $2 days of raw, 1s, 1m, 1h and 1d (0: for ever), $3 how far its clock is believed
SELECT array_to_string(horizons_move($1, $2::int[], $3::bigint), ' ')
