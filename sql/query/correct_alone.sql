-- Which of the bars are there and have nothing finer beneath them. $1 venue, $2 symbol, $3 level, $4 their starts
SELECT r.open_us FROM candle_rows($1, $2, $3, $4::bigint[]) AS r
WHERE NOT ((r.stored ->> 'removed')::boolean AND (r.stored ->> 'made')::int = 4) AND r.open_us NOT IN (SELECT bars_over($1, $2, $3, $4::bigint[]))
ORDER BY r.open_us
