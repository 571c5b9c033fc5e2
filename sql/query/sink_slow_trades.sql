INSERT INTO raw_trade SELECT * FROM slow_trade ORDER BY trade_us, symbol, id ON CONFLICT DO NOTHING
