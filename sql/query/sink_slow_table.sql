-- Seconds that may be stored already come by it; emptied at each commit.
CREATE TEMP TABLE IF NOT EXISTS slow_candle (LIKE candle_1s) ON COMMIT DELETE ROWS
