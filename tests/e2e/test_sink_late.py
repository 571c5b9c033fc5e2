"""Late events: a second that a closed kline decides is not computed anew from its raw rows; one that nothing decides is."""

import random
from decimal import Decimal

import pytest

from parts import wait_until
from test_sink import T0, Topics, kline, start, ticker, trade, wait_settled
from test_sink_minutes import FIRST, assert_folded, counter, sink  # noqa: F401

STREAMS = ("miniTicker", "kline_1s", "trade")


def test_only_undecided_seconds_are_computed_from_raw_rows(sink):  # noqa: F811
    """Late samples and trades of both kinds of seconds: all are stored, but only what they decide changes; a newer kline still does."""
    start(sink)
    topics = Topics(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=STREAMS)
    topics.event("kline_1s", "BTCUSDT", kline("BTCUSDT", T0, T0 + 1004))
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 5, T0 + 1500, "11", "3"))
    topics.control("alive", T0 + 130_000, streams=STREAMS)
    topics.flush()
    wait_settled(sink, T0 + 130_000, 3)
    seconds = "SELECT (open_us / 1000 - %s)::int, close, trades, origin FROM candle_1s ORDER BY 1"
    before = sink.one("SELECT revision FROM candle_1s ORDER BY open_us LIMIT 1")
    decided = counter(sink, "late_decided")
    d = Decimal

    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 1, T0 + 100, "900", "3"))
    topics.event("miniTicker", "BTCUSDT", ticker("BTCUSDT", T0 + 200, "901"))
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 6, T0 + 1600, "12", "1"))
    topics.control("alive", T0 + 131_000, streams=STREAMS)
    topics.flush()
    wait_settled(sink, T0 + 131_000, 3)
    wait_until(lambda: sink.one("SELECT count(*) FROM raw_trade") == 3, "late trades are stored")
    wait_until(lambda: sink.one("SELECT count(*) FROM raw_mini_ticker") == 1, "late samples are stored")
    assert sink.rows(seconds, T0) == [(0, d(6), 2, 4), (1000, d(12), 2, 3)]
    assert sink.one("SELECT revision FROM candle_1s ORDER BY open_us LIMIT 1") == before
    assert counter(sink, "late_decided") > decided

    topics.event("kline_1s", "BTCUSDT", kline("BTCUSDT", T0, T0 + 9000, ("5", "8", "4", "7"), count=3))
    topics.flush()
    wait_until(lambda: sink.rows(seconds, T0) == [(0, d(7), 3, 4), (1000, d(12), 2, 3)], "the newer kline")
    assert sink.one("SELECT close FROM candle_1m") == d(12)
    assert sink.one("SELECT trades FROM candle_1m") == 5


@pytest.mark.parametrize("stream", ["miniTicker", "trade", "aggTrade"])
def test_many_symbols_of_one_second(sink, stream):  # noqa: F811
    """Late events of many symbols in two seconds, of one in another: each second is made of its own events,
    early and late, and of no others."""
    start(sink)
    names = [f"S{i}USDT" for i in range(6)]

    def event(symbol, number, t_ms, price):
        if stream == "miniTicker":
            return ticker(symbol, t_ms, price)
        if stream == "trade":
            return trade(symbol, number, t_ms, price, "1")
        return {"e": "aggTrade", "E": t_ms + 1, "s": symbol, "a": number, "p": price, "q": "1", "f": number, "l": number, "T": t_ms,
                "m": True, "M": True}

    topics = Topics(sink)
    topics.control("begin", T0, symbols=names, streams=(stream,))
    for i, name in enumerate(names):
        for second in range(3):
            topics.event(stream, name, event(name, 1 + 10 * second, T0 + 1000 * second + 500, f"{second + 1}{i}"))
    topics.control("alive", T0 + 130_000, streams=(stream,))
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM candle_1s") == 18, "the seconds are there")
    decided = counter(sink, "late_decided")

    for i, name in enumerate(names):
        topics.event(stream, name, event(name, 12, T0 + 1700, f"7{i}"))
        if i < 5:
            topics.event(stream, name, event(name, 22, T0 + 2700, f"8{i}"))
    topics.event(stream, names[2], event(names[2], 2, T0 + 700, "99"))
    topics.control("alive", T0 + 131_000, streams=(stream,))
    topics.flush()
    want = [(t, name, Decimal(f"{t + 1}{i}"), Decimal({0: "99" if i == 2 else f"1{i}", 1: f"7{i}", 2: f"8{i}" if i < 5 else f"3{i}"}[t]))
            for t in range(3) for i, name in enumerate(names)]
    got = lambda: sink.rows("SELECT ((open_us / 1000 - %s) / 1000)::int, symbol, open, close FROM candle_1s ORDER BY 1, 2", T0)
    wait_until(lambda: got() == want, got)
    assert counter(sink, "late_decided") == decided  # none was known without its raw rows


def test_bars_stay_where_a_late_event_moves_nothing(sink):  # noqa: F811
    """Late samples and restated klines at all places of three minutes, at extremes and within: each minute is the fold of its seconds all the time,
    and not each was folded again."""
    start(sink)
    rnd = random.Random(5)
    topics = Topics(sink)
    names = ("AUSDT", "BUSDT")
    topics.control("begin", FIRST, symbols=names, streams=STREAMS)
    number = lambda: rnd.choice((rnd.randrange(100, 200), rnd.randrange(100, 200), rnd.randrange(200, 999), rnd.randrange(1, 100)))
    price = lambda: str(number())
    for second in range(190):
        at = FIRST + 1000 * second
        if rnd.random() < 0.8:
            topics.event("miniTicker", "AUSDT", ticker("AUSDT", at + 500, str(rnd.randrange(100, 200))))
        if rnd.random() < 0.8:
            topics.event("kline_1s", "BUSDT", kline("BUSDT", at, at + 1005, ("150", "180", "120", "160"), count=rnd.choice((0, 2, 2))))
    topics.control("alive", FIRST + 190_000, streams=STREAMS)
    topics.flush()
    wait_settled(sink, FIRST + 190_000, 3)
    for n in range(120):
        at = FIRST + 1000 * rnd.choice((0, 1, 58, 59, 60, 61, 119, rnd.randrange(180)))
        if n % 2:
            topics.event("miniTicker", "AUSDT", ticker("AUSDT", at + rnd.choice((100, 900)), price()))
        else:
            o, c, *more = (number() for _ in range(4))
            prices = rnd.choice((("150", "180", "120", "160"), (str(o), str(max(o, c, *more)), str(min(o, c, *more)), str(c))))
            topics.event("kline_1s", "BUSDT", kline("BUSDT", at, FIRST + 200_000 + n, prices, rnd.choice("3334")))
        topics.control("alive", FIRST + 190_001 + n, streams=STREAMS)
        topics.flush()
        wait_settled(sink, FIRST + 190_001 + n, 3)
        assert_folded(sink, FIRST + 180_000)
    assert counter(sink, "bars_staying") > 5 and counter(sink, "bars_folded") > 5
