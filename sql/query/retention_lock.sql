-- One at a time: false if another does it. Held until the connection ends or lets it go. $1 venue
SELECT pg_try_advisory_lock(hashtextextended('pricegraph.retention.' || $1, 0))
