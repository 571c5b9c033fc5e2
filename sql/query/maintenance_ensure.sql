-- The partitions of every table that hold the time $2 of venue $1.
SELECT partition_ensure($1, table_name, $2::bigint) FROM partitioned
