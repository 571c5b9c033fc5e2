INSERT INTO raw_agg_trade SELECT * FROM slow_agg_trade ORDER BY trade_us, symbol, id ON CONFLICT DO NOTHING
