-- $1 venue, $2 symbol, $3 level, $4 what, $5 run, $6 who, $7 why, $8 to $23 the columns of candle_change
SELECT c.level_name, c.open_us, candle_text(c.old), candle_text(c.new)
FROM candles_change($1, $2, $3, $4, $5::bigint, $6, $7, ARRAY(
	SELECT ROW(u.*)::candle_change
	FROM unnest($8::bigint[], $9::boolean[], $10::numeric[], $11::numeric[], $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[],
		$16::bigint[], $17::numeric[], $18::numeric[], $19::bigint[], $20::bigint[], $21::smallint[], $22::boolean[], $23::bigint[]) AS u
)) AS c
