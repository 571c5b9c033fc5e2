-- The 24 h statistics of `<symbol>@ticker`.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- before: the last price before the window; first_id, last_id: the trades in it, -1: none.
CREATE TABLE raw_ticker (
	event_us bigint NOT NULL,
	symbol text NOT NULL,
	venue text NOT NULL,
	before numeric NOT NULL,
	close numeric NOT NULL,
	last_quantity numeric NOT NULL,
	bid numeric NOT NULL,
	bid_quantity numeric NOT NULL,
	ask numeric NOT NULL,
	ask_quantity numeric NOT NULL,
	open numeric NOT NULL,
	high numeric NOT NULL,
	low numeric NOT NULL,
	volume numeric NOT NULL,
	quote numeric NOT NULL,
	open_us bigint NOT NULL,
	close_us bigint NOT NULL,
	first_id bigint NOT NULL,
	last_id bigint NOT NULL,
	trades bigint NOT NULL,
	received_us bigint NOT NULL,
	PRIMARY KEY (event_us, symbol, venue)
) PARTITION BY LIST (venue);
INSERT INTO partitioned VALUES ('raw_ticker', 1);
