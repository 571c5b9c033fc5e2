-- The current ones, with the span of their session.
SELECT u.symbol, u.stream, u.session, u.from_us, s.from_us, s.to_us, s.clock_us, s.alive_us, s.ended, s.skipped, s.speed
FROM subscription u
JOIN symbol y USING (venue, symbol)
JOIN span s ON s.venue = u.venue AND s.stream = u.stream AND s.i = y.i AND s.session = u.session
WHERE u.venue = $1 AND u.to_us IS NULL
