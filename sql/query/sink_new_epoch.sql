-- The topics were made anew: their offsets mean nothing any more, and what the old ones held behind them is lost to us.
WITH skipped AS (
	UPDATE span SET skipped = true WHERE venue = $1 AND NOT ended
), forgotten AS (
	DELETE FROM kafka_offset WHERE venue = $1
)
UPDATE venue SET epoch = epoch + 1 WHERE venue = $1
