-- What the sink has taken of one topic of history.
SELECT i, next_offset FROM kafka_offset WHERE venue = $1 AND stream = $2
