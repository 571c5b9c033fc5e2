"""Late events: a second that a closed kline decides is not computed anew from its raw rows; one that nothing decides is."""

from decimal import Decimal

import pytest

from parts import wait_until
from test_sink import T0, Topics, kline, start, ticker, trade, wait_settled
from test_sink_minutes import counter, sink  # noqa: F401

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
