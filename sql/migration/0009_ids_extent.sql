-- Where the ids that a gap lacks may lie.
-- Run by the owner.
SET LOCAL search_path = pricegraph;

-- [ids_from_us, ids_to_us): between the record before the hole in ids and the one behind it, which may reach beyond the gap: what was sent before
-- the end of a session is not all heard by then. NULL: no hole in ids.
ALTER TABLE gap
	ADD COLUMN ids_from_us bigint,
	ADD COLUMN ids_to_us bigint;
UPDATE gap SET ids_from_us = from_us, ids_to_us = to_us WHERE first_id IS NOT NULL OR cause = 'ids';
