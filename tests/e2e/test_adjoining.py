"""Gaps that touch or lie close together, as kill after kill leaves them: each is judged by what it lacks itself, and all end repaired once
everything is there again. First through the sink alone, record by record; then with the real back-fill and a market whose truth is known."""

import pytest

from parts import wait_until
from test_holes import History, agg_trade, bar, gaps, key, us, wait_gap
from test_sink import T0, start, trade

KLINE = ("kline_1s",)


@pytest.fixture
def sink(stack_of):
    return stack_of("replay-test", {"feed.enabled": "no", "backfill.enabled": "no", "sink.batch_interval": 50})


def ids_of(second):
    """Ten trades a second."""
    return 1000 + second * 10, 1009 + second * 10


def live(topics, *seconds):
    for s in seconds:
        topics.event("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + s * 1000, *ids_of(s)))


def wait_heard(sink, ms):
    wait_until(lambda: sink.one("SELECT count(*) FROM span WHERE to_us >= %s", us(ms)) == 8, "heard")


def repair(topics, gap, seconds, rows_of=None):
    """As back-fill does."""
    topics.fill("kline_1s", key(gap), "repairing", rows_of=rows_of)
    for s in seconds:
        topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + s * 1000, *ids_of(s), live=False))
    topics.fill("kline_1s", key(gap), "done", rows=len(seconds), rows_of=rows_of)
    topics.flush()


def told(sink):
    return [(g[2], g[3], g[4], g[5], g[6], g[7]) for g in gaps(sink)]


def test_a_hole_that_may_be_the_next_gaps_is_not_laid_at_the_last_ones_door(sink):
    """s2 dies before its first record; what its successor hears before it begins shows a hole when the gap before s2 is judged."""
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=KLINE)
    live(topics, 0, 1)
    topics.control("alive", T0 + 2500, streams=KLINE)
    topics.control("begin", T0 + 8800, session="s2", symbols=["BTCUSDT"], streams=KLINE)
    live(topics, 10, 11, 12)  # the successor's: 8 and 9 were heard by nobody
    topics.flush()
    wait_heard(sink, 8800)
    first = wait_gap(sink, "open")[0]
    repair(topics, first, range(2, 8))
    wait_until(lambda: told(sink)[0][3] == "repaired", lambda: told(sink))
    topics.control("begin", T0 + 13_500, session="s3", symbols=["BTCUSDT"], streams=KLINE)
    live(topics, 13, 14)
    topics.control("alive", T0 + 30_000, session="s3", streams=KLINE)
    topics.flush()
    wait_heard(sink, 30_000)
    # The bars 2 to 9 lie in both, so neither has all of these ids.
    assert told(sink) == [(us(2000), us(10_000), "ids", "open", 1020, 1099), (us(2500), us(8800), "feed", "repaired", None, None),
                          (us(8800), us(13_500), "feed", "open", None, None)]
    for gap in gaps(sink):
        if gap[5] == "open":
            repair(topics, gap, range(gap[2] // 1_000_000 - T0 // 1000, -(-gap[3] // 1_000_000) - T0 // 1000))
    wait_gap(sink, "repaired", 3)


def test_nor_is_one_of_trades(sink):
    """The same with trades: none was made between the last one that the repair brings and the end of the gap."""
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"])
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 100, T0 + 900))
    topics.control("alive", T0 + 2500)
    topics.control("begin", T0 + 8800, session="s2", symbols=["BTCUSDT"])
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 108, T0 + 10_000))  # 101 to 103 before the end, 104 to 107 behind it
    topics.flush()
    wait_heard(sink, 8800)
    gap = wait_gap(sink, "open")[0]
    topics.fill("aggTrade", key(gap), "repairing")
    topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", 50, 101, 103, T0 + 5000, live=False))
    topics.fill("aggTrade", key(gap), "done", rows=1)
    topics.flush()
    wait_until(lambda: told(sink)[0][3] == "repaired", lambda: told(sink))
    topics.control("begin", T0 + 13_500, session="s3", symbols=["BTCUSDT"])
    topics.control("alive", T0 + 30_000, session="s3")
    topics.flush()
    wait_heard(sink, 30_000)
    assert told(sink) == [(us(2500), us(8800), "feed", "repaired", None, None), (us(5000), us(10_000) + 1, "ids", "open", 104, 107),
                          (us(8800), us(13_500), "feed", "open", None, None)]


def test_a_bar_that_came_too_late_for_the_gap(sink):
    """The last session said 2.5 s before it heard bar 1: that one is missing too, though the gap begins behind it."""
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=KLINE)
    live(topics, 0)
    topics.control("alive", T0 + 2500, streams=KLINE)
    topics.control("begin", T0 + 8800, session="s2", symbols=["BTCUSDT"], streams=KLINE)
    live(topics, 8, 9)
    topics.control("alive", T0 + 30_000, session="s2", streams=KLINE)
    topics.flush()
    wait_heard(sink, 30_000)
    wait_until(lambda: told(sink) == [(us(2500), us(8800), "feed", "open", 1010, 1079)], lambda: told(sink))
    assert sink.rows("SELECT ids_from_us, ids_to_us FROM gap") == [(us(1000), us(8000))]
    # Not asked for where the ids may lie: begun anew.
    gap = gaps(sink)[0]
    repair(topics, gap, range(2, 9), rows_of=gap[2:4])
    wait_until(lambda: sink.one("SELECT sum(next_offset) FROM kafka_offset WHERE stream = 'kline_1s.history'") == 9, "taken")
    assert told(sink) == [(us(2500), us(8800), "feed", "open", 1010, 1079)]
    repair(topics, gap, range(1, 9))
    wait_gap(sink, "repaired")


def test_ids_that_are_told_of_while_their_gap_is_repaired(sink):
    """The back-fill could not know of them, nor fetch where they lie: the gap is open again, not beyond repair."""
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"])
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 100, T0 + 900))
    topics.control("alive", T0 + 2500)
    topics.control("begin", T0 + 8800, session="s2", symbols=["BTCUSDT"])
    topics.control("alive", T0 + 20_000, session="s2")
    topics.flush()
    wait_heard(sink, 20_000)
    gap = wait_gap(sink, "open")[0]
    topics.fill("aggTrade", key(gap), "repairing")
    topics.flush()
    wait_gap(sink, "repairing")
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 104, T0 + 21_000))
    topics.control("alive", T0 + 30_000, session="s2")
    topics.flush()
    wait_until(lambda: told(sink)[0][4] == 101, lambda: told(sink))
    # 101 was made before the gap begins, and heard of too late.
    for n, (ms, first, last) in enumerate(((2400, 101, 101), (5000, 102, 103))):
        topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", 50 + n, first, last, T0 + ms, live=False))
    topics.fill("aggTrade", key(gap), "done", rows=1, rows_of=gap[2:4])
    topics.flush()
    wait_gap(sink, "open")
    topics.fill("aggTrade", key(gap), "repairing")
    topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", 50, 101, 101, T0 + 2400, live=False))
    topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", 51, 102, 103, T0 + 5000, live=False))
    topics.fill("aggTrade", key(gap), "done", rows=2)
    topics.flush()
    wait_gap(sink, "repaired")
