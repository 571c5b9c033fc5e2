-- Klines that came while their second was corrected. Run by the owner.
SET LOCAL search_path = pricegraph;

-- A corrected second is the correction's row, and a kline is its own raw row: what the exchange states of it meanwhile is kept here, the greatest version
-- (closed, stated_us) of each, for the day when the correction is withdrawn.
CREATE TABLE kline_beneath (
	venue text NOT NULL,
	symbol text NOT NULL,
	open_us bigint NOT NULL,
	open numeric NOT NULL,
	high numeric NOT NULL,
	low numeric NOT NULL,
	close numeric NOT NULL,
	volume numeric NOT NULL,
	quote numeric NOT NULL,
	trades bigint NOT NULL,
	taker_volume numeric NOT NULL,
	taker_quote numeric NOT NULL,
	first_id bigint,
	last_id bigint,
	closed boolean NOT NULL,
	stated_us bigint NOT NULL,
	PRIMARY KEY (venue, symbol, open_us),
	FOREIGN KEY (venue, symbol) REFERENCES symbol ON DELETE CASCADE
);
