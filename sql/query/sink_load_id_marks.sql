SELECT symbol, ids, id, at_us FROM id_mark WHERE venue = $1
