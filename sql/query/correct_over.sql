-- Which of the bars have finer candles beneath them; k counts them from 1. $1 venue, $2 symbol, $3 level, $4 their starts
SELECT u.k FROM unnest($4::bigint[]) WITH ORDINALITY AS u (start, k) WHERE u.start IN (SELECT bars_over($1, $2, $3, $4::bigint[]))
