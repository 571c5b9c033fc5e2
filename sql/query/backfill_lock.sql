-- One back-fill for a venue, of however many collectors; the lock goes with the connection.
SELECT pg_try_advisory_lock(hashtextextended('pricegraph.backfill.' || $1, 0))
