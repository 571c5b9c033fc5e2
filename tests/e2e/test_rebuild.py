"""Seconds and bars computed anew from the raw rows: what is wrong is found, shown and set right, what is right is left alone."""

import json

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from correct_parts import END, SYMBOL, assert_stored, correct, d, line, revision, seconds_of, settled, write
from parts import murmur2, wait_until
from test_sink import T0, kline, ticker, trade


@pytest.fixture
def stack(stack_of):
    return stack_of("replay-rebuild", {"feed.enabled": "no", "sink.batch_interval": 50})


FROM = T0 - T0 % 60_000


def rebuild(stack, *more, check=True):
    return stack.run("pricegraphctl", "rebuild", SYMBOL, str(FROM), str(FROM + 600_000), *more, check=check)


def test_what_is_right_is_left_alone(stack):
    _, _, events = settled(stack)
    before = revision(stack)
    for more in ((), ("--dry-run",)):
        assert "rebuild BTCUSDT: 0 candles of 1s, 0 of 1m, 0 of 1h, 0 of 1d" in rebuild(stack, *more).stdout
    assert revision(stack) == before and stack.one("SELECT count(*) FROM correction") == 0
    assert_stored(stack, seconds_of(events))


def test_what_is_wrong_is_set_right(stack):
    """Seconds altered, lost, too many; a bar altered; corrections and klines stay."""
    _, topics, events = settled(stack)
    seconds = seconds_of(events)
    times = sorted(seconds)
    topics.event("kline_1s", SYMBOL, kline(SYMBOL, times[9], END + 9000))
    topics.event("miniTicker", SYMBOL, ticker(SYMBOL, times[50] + 3, "77"))
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE origin = 4") == 1, "the kline is taken")
    correct(stack, write(stack, "a.csv", line(times[3], ("1", "2", "1", "2", "1", "1", 1)), f"{times[4]},remove"))
    seconds[times[9]] = d("5", "8", "4", "6", "3", "7", 2, "1", "2")
    seconds[times[3]] = d("1", "2", "1", "2", "1", "1", 1, None, None)
    del seconds[times[4]]
    assert_stored(stack, seconds)
    stray = next(t for t in range(FROM + 60_000, FROM + 120_000, 1000) if t not in times)
    us = [t * 1000 for t in (times[0], times[1], stray)]
    stack.db.execute("UPDATE candle_1s SET high = 1000000, trades = 5 WHERE open_us = %s", (us[0],))
    stack.db.execute("DELETE FROM candle_1s WHERE open_us = %s", (us[1],))
    stack.db.execute("INSERT INTO candle_1s SELECT %s, symbol, venue, open, high, low, close, volume, quote, trades, taker_volume, taker_quote, "
                     "first_id, last_id, origin, closed, stated_us, revision FROM candle_1s WHERE open_us = %s", (us[2], times[40] * 1000))
    stack.db.execute("UPDATE candle_1h SET volume = 3")
    before = revision(stack)
    dry = rebuild(stack, "--dry-run")
    assert "3 candles of 1s" in dry.stdout and "would be removed" in dry.stdout and "h 1000000" in dry.stdout, dry.stdout
    assert revision(stack) == before
    done = rebuild(stack)
    assert "3 candles of 1s" in done.stdout
    assert_stored(stack, seconds)
    assert revision(stack) == before + 1 == stack.one("SELECT settled_revision FROM symbol")
    assert stack.rows("SELECT count(*), min(what), max(what) FROM correction WHERE revision > %s", before) == [(3, "rebuild", "rebuild")]
    assert "0 candles of 1s" in rebuild(stack).stdout


def test_refused_clearly(stack):
    settled(stack)
    for arguments, reason in (([SYMBOL, str(FROM), str(END + 1000)], "is settled"), ([SYMBOL, "x", "y"], "is no time"),
                              ([SYMBOL, str(FROM)], "two times are due"), (["NOSUCH", str(FROM), str(FROM + 1000)], "no symbol"),
                              ([SYMBOL, str(FROM + 1000), str(FROM)], "no whole seconds")):
        done = stack.run("pricegraphctl", "rebuild", *arguments, check=False)
        assert done.returncode == 1 and reason in done.stderr, done.stderr
    stack.db.execute("INSERT INTO horizon VALUES (%s, 'raw', %s)", (stack.venue, (FROM + 60_000) * 1000))
    done = rebuild(stack, check=False)
    assert done.returncode == 1 and "raw rows before" in done.stderr


def test_from_kafka_where_raw_rows_are_gone_or_doubted(stack):
    """Raw rows and seconds are those of the topics again, from live and history; what is right and what was corrected stays."""
    _, topics, events = settled(stack)
    seconds = seconds_of(events)
    times = sorted(seconds)
    topics.event("kline_1s", SYMBOL, kline(SYMBOL, times[9], END + 9000))
    topics.event("miniTicker", SYMBOL, ticker(SYMBOL, times[50] + 3, "77"))
    old = kline(SYMBOL, times[20], END + 9000)
    del old["E"], old["k"]["f"], old["k"]["L"]
    topics.producer.produce(topics.name("kline_1s.history"), json.dumps(old), key=SYMBOL, headers={"stated_us": str(END * 1000)})
    topics.event("trade", "ETHUSDT", trade("ETHUSDT", 1, times[0], "5", "5"))
    topics.flush()
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE origin = 4") == 2, "the klines are taken")
    wait_until(lambda: stack.one("SELECT count(*) FROM raw_mini_ticker") == 1, "the sample too")
    for n in (9, 20):
        seconds[times[n]] = d("5", "8", "4", "6", "3", "7", 2, "1", "2")
    correct(stack, write(stack, "a.csv", f"{times[4]},remove"))
    del seconds[times[4]]
    assert_stored(stack, seconds)
    raw = stack.rows("SELECT * FROM raw_trade ORDER BY id"), stack.rows("SELECT * FROM raw_mini_ticker")
    before = revision(stack)
    for more in (["--dry-run"], []):
        done = rebuild(stack, "--from-kafka", *more)
        assert "0 candles of 1s" in done.stdout and "replaced" not in done.stdout and f"{len(events) + 3} records" in done.stderr, done.stdout
    assert revision(stack) == before

    us = [times[n] * 1000 for n in (0, 1, 9)]
    stack.db.execute("UPDATE raw_trade SET price = 1 WHERE symbol = 'BTCUSDT' AND trade_us / 1000000 = %s / 1000000", (us[0],))
    stack.db.execute("DELETE FROM raw_trade WHERE symbol = 'BTCUSDT' AND trade_us >= %s", (us[1],))
    stack.db.execute("TRUNCATE raw_mini_ticker")
    stack.db.execute("UPDATE candle_1s SET close = 4.5 WHERE open_us = %s", (us[2],))
    stack.db.execute("UPDATE candle_1s SET removed = true, origin = 1 WHERE open_us = %s", (us[1],))
    dry = rebuild(stack, "--from-kafka", "--dry-run")
    assert "2 candles of 1s" in dry.stdout and "would be replaced" in dry.stdout and revision(stack) == before
    assert stack.rows("SELECT * FROM raw_trade ORDER BY id") != raw[0]
    done = rebuild(stack, "--from-kafka")
    assert "2 candles of 1s" in done.stdout and "replaced" in done.stdout, done.stdout
    assert_stored(stack, seconds)
    assert (stack.rows("SELECT * FROM raw_trade ORDER BY id"), stack.rows("SELECT * FROM raw_mini_ticker")) == raw
    assert "0 candles of 1s" in rebuild(stack).stdout  # the raw rows say the same
    assert revision(stack) == before + 1


def test_from_kafka_when_it_has_expired(stack):
    """Half of what there was is no ground to compute anything on."""
    _, topics, events = settled(stack)
    place = TopicPartition(topics.name("trade"), murmur2(SYMBOL.encode()) % 8, 5)
    admin = AdminClient({"bootstrap.servers": stack.values["kafka.bootstrap.servers"]})
    for done in admin.delete_records([place]).values():
        done.result(20)
    done = rebuild(stack, "--from-kafka", check=False)
    assert done.returncode == 1 and f"{place.topic}: " in done.stderr and "expired" in done.stderr, done.stderr
    assert_stored(stack, seconds_of(events))
