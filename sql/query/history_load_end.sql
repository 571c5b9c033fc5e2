DELETE FROM history_load WHERE venue = $1 AND what = $2
