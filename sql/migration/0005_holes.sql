-- Aggregated trades; what history lacks; holes in ids.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- first_id, last_id: the trades in it; -1: taken back by the exchange, there is none.
CREATE TABLE raw_agg_trade (
	trade_us bigint NOT NULL,
	symbol text NOT NULL,
	id bigint NOT NULL,
	venue text NOT NULL,
	price numeric NOT NULL,
	quantity numeric NOT NULL,
	first_id bigint NOT NULL,
	last_id bigint NOT NULL,
	event_us bigint, -- NULL: history, which does not know it
	buyer_is_maker boolean NOT NULL,
	received_us bigint NOT NULL,
	PRIMARY KEY (trade_us, symbol, id, venue)
) PARTITION BY LIST (venue);
INSERT INTO partitioned VALUES ('raw_agg_trade', 1);
ALTER TABLE raw_trade ALTER COLUMN event_us DROP NOT NULL;

-- What a hole in ids lacks: [first_id, last_id], in aggTrade's own ids for aggTrade, else in trade ids. NULL: no hole in ids.
-- raised_us: wall clock when the row was first written.
ALTER TABLE gap
	ADD COLUMN first_id bigint,
	ADD COLUMN last_id bigint,
	ADD COLUMN raised_us bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint;

-- The back-fill asks for what is to be repaired, newest first; the repaired ones pile up over the years.
CREATE INDEX gap_to_repair ON gap (venue, to_us) WHERE state IN ('open', 'repairing');

-- Up to which id of a symbol nothing is missing but what gap tells of; ids: trade, aggTrade, aggTrade.trades (f..l), kline_1s.trades (f..L).
-- Written now and then: what came behind it is in the raw rows. id -1: none.
CREATE TABLE id_mark (
	venue text NOT NULL,
	symbol text NOT NULL,
	ids text NOT NULL,
	id bigint NOT NULL,
	at_us bigint NOT NULL, -- market time of the event with that id
	PRIMARY KEY (venue, symbol, ids),
	FOREIGN KEY (venue, symbol) REFERENCES symbol ON DELETE CASCADE
) WITH (fillfactor = 50);
