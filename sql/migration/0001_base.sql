-- The base: who may do what, one row per venue, partition, offset and symbol; when we listened; what is missing.
-- Every time is int64 microseconds since the epoch, UTC, and says so in its name. Run by the owner, once, in one transaction.

DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pricegraph_collector') THEN CREATE ROLE pricegraph_collector LOGIN; END IF;
	IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'pricegraph_reader') THEN CREATE ROLE pricegraph_reader LOGIN; END IF;
END $$;
ALTER ROLE pricegraph_reader SET default_transaction_read_only = on;
ALTER ROLE pricegraph_reader SET statement_timeout = '5s';
ALTER ROLE pricegraph_reader SET search_path = pricegraph;
ALTER ROLE pricegraph_collector SET search_path = pricegraph;

CREATE SCHEMA IF NOT EXISTS pricegraph;
SET LOCAL search_path = pricegraph;
GRANT USAGE ON SCHEMA pricegraph TO pricegraph_collector, pricegraph_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA pricegraph GRANT SELECT ON TABLES TO pricegraph_collector, pricegraph_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA pricegraph GRANT INSERT, UPDATE, DELETE ON TABLES TO pricegraph_collector;
ALTER DEFAULT PRIVILEGES IN SCHEMA pricegraph GRANT USAGE ON SEQUENCES TO pricegraph_collector;

-- A venue is identity: 'binance', 'synthetic', 'replay-<name>'. epoch: of the topics; generation: of this database's revisions.
CREATE TABLE venue (
	venue text PRIMARY KEY CHECK (venue ~ '^[a-z0-9-]{1,90}$'),
	epoch bigint NOT NULL DEFAULT 1,
	generation bigint NOT NULL DEFAULT 1,
	settle_us bigint NOT NULL DEFAULT 5000000
);

-- One row per Kafka partition, locked by every writer: revision rises in commit order. owner: the sink's token.
CREATE TABLE partition (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	i smallint NOT NULL,
	owner text,
	revision bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (venue, i)
) WITH (fillfactor = 20);

-- The only truth about what was taken. replay_from: earliest offset that an unsettled second needs. last_identity: a hash of the
-- record before next_offset, by which a topic made anew is noticed.
CREATE TABLE kafka_offset (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	stream text NOT NULL,
	i smallint NOT NULL,
	next_offset bigint NOT NULL,
	replay_from bigint NOT NULL,
	last_identity bigint,
	PRIMARY KEY (venue, stream, i)
) WITH (fillfactor = 20);

-- first_us: start of the first candle. settled_revision: the newest revision that changed an already settled bucket, or its gaps or spans.
CREATE TABLE symbol (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	symbol text NOT NULL,
	i smallint NOT NULL,
	first_us bigint,
	settled_revision bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (venue, symbol)
) WITH (fillfactor = 70);

-- A span is one session (a websocket connection on one topic) in one partition: everything in [from_us, to_us] was read.
-- alive_us: wall clock when its newest control record was produced; clock_us, speed: the venue's clock then.
CREATE TABLE span (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	stream text NOT NULL,
	i smallint NOT NULL,
	session text NOT NULL,
	from_us bigint NOT NULL,
	to_us bigint NOT NULL,
	ended boolean NOT NULL DEFAULT false,
	skipped boolean NOT NULL DEFAULT false, -- records behind to_us were lost to us: what the session says later is a span of its own
	clock_us bigint NOT NULL,
	speed double precision NOT NULL,
	alive_us bigint NOT NULL,
	PRIMARY KEY (venue, stream, i, session)
) WITH (fillfactor = 20);

-- to_us NULL: the current one; at most one current row per symbol, stream and live session. A clean stop leaves it current (its span is `ended`).
CREATE TABLE subscription (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	symbol text NOT NULL,
	stream text NOT NULL,
	session text NOT NULL,
	from_us bigint NOT NULL,
	to_us bigint,
	PRIMARY KEY (venue, symbol, stream, session, from_us)
) WITH (fillfactor = 70);

CREATE TABLE gap (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	symbol text NOT NULL,
	stream text NOT NULL,
	from_us bigint NOT NULL,
	to_us bigint NOT NULL,
	cause text NOT NULL, -- 'feed' (connection lost, killed), 'stopped', 'overflow', 'expired', 'ids', 'recording'
	state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'repairing', 'repaired', 'unrepairable')),
	reason text,
	revision bigint NOT NULL,
	PRIMARY KEY (venue, symbol, stream, from_us, cause)
);

-- Records that could not be understood. They never block the rest.
CREATE TABLE quarantine (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	epoch bigint NOT NULL,
	stream text NOT NULL,
	i smallint NOT NULL,
	record_offset bigint NOT NULL,
	reason text NOT NULL,
	record_key bytea,
	record_value bytea,
	at_us bigint NOT NULL,
	PRIMARY KEY (venue, epoch, stream, i, record_offset)
);
