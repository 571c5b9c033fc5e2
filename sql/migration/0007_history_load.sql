-- How far loading the past by hand has come (pricegraphctl backfill, import), so that an interrupted one goes on.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- what: the stretch or the file; done: up to where Kafka has everything (lines of a file, or the time or id that comes next);
-- stated_us: the version of the bars that it brings. A row of an older epoch says nothing: its venue was emptied. Deleted at the end.
CREATE TABLE history_load (
	venue text NOT NULL REFERENCES venue ON DELETE CASCADE,
	what text NOT NULL,
	epoch bigint NOT NULL,
	done bigint NOT NULL,
	stated_us bigint NOT NULL,
	at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (venue, what)
);
