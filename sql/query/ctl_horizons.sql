SELECT horizon_us($1, 'raw'), horizon_us($1, '1s'), horizon_us($1, '1m'), horizon_us($1, '1h'), horizon_us($1, '1d')
