-- Rows that may be repeats come by these; emptied at each commit.
CREATE TEMP TABLE IF NOT EXISTS slow_trade (LIKE raw_trade) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS slow_agg_trade (LIKE raw_agg_trade) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS slow_ticker (LIKE raw_mini_ticker) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS slow_candle (LIKE candle_1s) ON COMMIT DELETE ROWS
