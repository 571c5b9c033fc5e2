INSERT INTO history_load AS h (venue, what, epoch, done, stated_us)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (venue, what) DO UPDATE
SET epoch = excluded.epoch, done = excluded.done, stated_us = excluded.stated_us, at = now()
