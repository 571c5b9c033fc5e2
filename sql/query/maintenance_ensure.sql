-- The partitions of every table that hold the time $2 of venue $1; $3: only of those that are a year wide.
SELECT partition_ensure($1, table_name, $2::bigint) FROM partitioned WHERE days = 0 OR NOT $3::boolean
