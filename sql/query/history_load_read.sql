SELECT v.epoch, coalesce(h.done, -1), coalesce(h.stated_us, 0)
FROM venue AS v
LEFT JOIN history_load AS h ON h.venue = v.venue AND h.what = $2 AND h.epoch = v.epoch
WHERE v.venue = $1
