-- Raw rows and candles: LIST by venue, then RANGE by day (raw, 1s) or year (1m and up); no default partition. Keys begin with the time,
-- so that a batch writes to one place of the index. Partitions are made by partition_ensure, never in the sink's path.
SET LOCAL search_path = pricegraph;

CREATE TABLE raw_mini_ticker (
	event_us bigint NOT NULL,
	symbol text NOT NULL,
	venue text NOT NULL,
	close numeric NOT NULL,
	open numeric NOT NULL,
	high numeric NOT NULL,
	low numeric NOT NULL,
	volume numeric NOT NULL, -- rolling 24 h
	quote numeric NOT NULL,
	received_us bigint NOT NULL,
	PRIMARY KEY (event_us, symbol, venue)
) PARTITION BY LIST (venue);

CREATE TABLE raw_trade (
	trade_us bigint NOT NULL,
	symbol text NOT NULL,
	id bigint NOT NULL,
	venue text NOT NULL,
	price numeric NOT NULL,
	quantity numeric NOT NULL,
	event_us bigint NOT NULL,
	buyer_is_maker boolean NOT NULL,
	received_us bigint NOT NULL,
	PRIMARY KEY (trade_us, symbol, id, venue)
) PARTITION BY LIST (venue);

-- origin: 1 sample, 2 aggTrade, 3 trade, 4 kline, 5 correction; of a fold the lowest of its parts. NULL volume, quote, trades: unknown.
-- A 1s kline is stored once: this row, with its version (closed, stated_us). revision: of the commit that changed the row last.
-- removed: deleted by hand; the row stays so that open charts hear of it.
CREATE TABLE candle_1s (
	open_us bigint NOT NULL,
	symbol text NOT NULL,
	venue text NOT NULL,
	open numeric NOT NULL,
	high numeric NOT NULL,
	low numeric NOT NULL,
	close numeric NOT NULL,
	volume numeric,
	quote numeric,
	trades bigint,
	taker_volume numeric,
	taker_quote numeric,
	first_id bigint, -- NULL: no trade, or unknown
	last_id bigint,
	origin smallint NOT NULL,
	closed boolean NOT NULL,
	stated_us bigint NOT NULL, -- 0: no kline
	revision bigint NOT NULL,
	removed boolean NOT NULL DEFAULT false,
	PRIMARY KEY (open_us, symbol, venue)
) PARTITION BY LIST (venue);

CREATE TABLE candle_1m (
	open_us bigint NOT NULL,
	symbol text NOT NULL,
	venue text NOT NULL,
	open numeric NOT NULL,
	high numeric NOT NULL,
	low numeric NOT NULL,
	close numeric NOT NULL,
	volume numeric,
	quote numeric,
	trades bigint,
	taker_volume numeric,
	taker_quote numeric,
	origin smallint NOT NULL,
	revision bigint NOT NULL,
	removed boolean NOT NULL DEFAULT false,
	PRIMARY KEY (open_us, symbol, venue)
) PARTITION BY LIST (venue);

CREATE TABLE candle_1h (LIKE candle_1m INCLUDING ALL) PARTITION BY LIST (venue);
CREATE TABLE candle_1d (LIKE candle_1m INCLUDING ALL) PARTITION BY LIST (venue);

-- Which tables are partitioned, and how wide (days; 0 = a calendar year).
CREATE TABLE partitioned (table_name text PRIMARY KEY, days int NOT NULL);
INSERT INTO partitioned VALUES
	('raw_mini_ticker', 1), ('raw_trade', 1), ('candle_1s', 1), ('candle_1m', 0), ('candle_1h', 0), ('candle_1d', 0);
