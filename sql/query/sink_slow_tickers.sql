INSERT INTO raw_mini_ticker SELECT * FROM slow_ticker ORDER BY event_us, symbol ON CONFLICT DO NOTHING
