-- What may be changed of a symbol now: nothing that is not settled, nothing below the horizons. $1 venue, $2 symbol
SELECT symbol_settled_us($1, $2), venue_clock_us($1), horizon_us($1, 'raw'), horizon_us($1, '1s'), horizon_us($1, '1m'), horizon_us($1, '1h'), horizon_us($1, '1d')
FROM symbol AS y WHERE y.venue = $1 AND y.symbol = $2
