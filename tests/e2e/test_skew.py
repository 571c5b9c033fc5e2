"""One topic is an hour ahead of another: the sink's memory stays bounded, and in the end all rows are those of topics that came together,
also when the sink is killed while they are apart."""

import contextlib
import random
import re
import urllib.request

import pytest

from parts import wait_until
from test_operation import free_port
from test_sink import T0, Topics, kline, start, ticker, trade, wait_settled

SYMBOLS = ["BTCUSDT", "ETHUSDT", "1INCHUSDT"]
SECONDS = 3600
STREAMS = ("trade", "miniTicker", "kline_1s")
TABLES = {"raw_trade": "trade_us, symbol, id, price, quantity, event_us, buyer_is_maker",
          "raw_mini_ticker": "event_us, symbol, close, open, high, low, volume, quote",
          **{f"candle_{level}": "open_us, symbol, open, high, low, close, volume, quote, trades, taker_volume, taker_quote, origin"
             for level in ("1s", "1m", "1h", "1d")}}


def hour(seed):
    """Per second what each stream says: of each symbol now and then a trade, often a sample, sometimes the bar."""
    rnd = random.Random(seed)
    out, ids = [], dict.fromkeys(SYMBOLS, 1000)
    for s in range(SECONDS):
        said = {stream: [] for stream in STREAMS}
        t = T0 + s * 1000
        for symbol in SYMBOLS:
            price = f"{rnd.randrange(100, 10**6) / 100:.2f}"
            if rnd.random() < 0.3:
                ids[symbol] += 1
                said["trade"].append((symbol, trade(symbol, ids[symbol], t + rnd.randrange(1000), price)))
            if rnd.random() < 0.5:
                said["miniTicker"].append((symbol, ticker(symbol, t + rnd.randrange(1000), price)))
            if rnd.random() < 0.1:
                said["kline_1s"].append((symbol, kline(symbol, t, t + 1004)))
        out.append(said)
    return out


def send(topics, said, streams):
    for s, second in enumerate(said):
        for stream in streams:
            for symbol, event in second[stream]:
                topics.event(stream, symbol, event)
        topics.control("alive", T0 + (s + 1) * 1000, streams=streams)
    topics.flush()


def end(stack, topics):
    """The bars of the hour and of the day are over."""
    day = T0 + 2 * 86_400_000
    topics.control("alive", day, streams=STREAMS)
    topics.flush()
    wait_settled(stack, day, len(STREAMS))


def tables(stack):
    return {table: stack.rows(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3") for table, columns in TABLES.items()}


def metrics(stack):
    """Empty while nobody answers."""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{stack.values['http.port']}/metrics", timeout=10) as answer:
        return {k: float(v) for k, v in re.findall(r"^(pricegraph_sink_\w+) (\S+)$", answer.read().decode(), re.M)}
    return {}


def stack_with_metrics(stack_of):
    return stack_of("replay-test", {"feed.enabled": "no", "sink.batch_interval": 50, "http.port": free_port()})


@pytest.mark.parametrize("killed", [False, True])
def test_an_hour_ahead(stack_of, killed):
    said = hour(7)
    plain, skewed = stack_with_metrics(stack_of), stack_with_metrics(stack_of)
    start(plain)
    topics = Topics(plain)
    topics.control("begin", T0, symbols=SYMBOLS, streams=STREAMS)
    send(topics, said, STREAMS)
    end(plain, topics)
    assert metrics(plain)["pricegraph_sink_unsettled_seconds"] == 0

    collector = start(skewed)
    topics = Topics(skewed)
    topics.control("begin", T0, symbols=SYMBOLS, streams=STREAMS)
    topics.flush()
    wait_settled(skewed, T0, len(STREAMS))
    send(topics, said, ["trade"])
    trades = sum(len(second["trade"]) for second in said)
    wait_until(lambda: skewed.one("SELECT count(*) FROM raw_trade") == trades, "the stream that is ahead")
    traded = len({(e["s"], e["T"] // 1000) for second in said for _, e in second["trade"]})
    wait_until(lambda: skewed.one("SELECT count(*) FROM candle_1s") > traded - 200, "what was spilled is there")
    m = metrics(skewed)
    assert m["pricegraph_sink_unsettled_seconds_high_water"] < len(SYMBOLS) * 130, m
    assert m["pricegraph_sink_seconds_spilled_total"] > traded - 200
    assert skewed.one("SELECT count(*) FROM candle_1m") == 0
    if killed:
        collector.kill()
        collector = start(skewed)
        wait_until(lambda: metrics(skewed).get("pricegraph_sink_seconds_spilled_total", 0) > traded - 200, "the hour is read again")
        assert metrics(skewed)["pricegraph_sink_unsettled_seconds_high_water"] < len(SYMBOLS) * 130
    send(topics, said, ["miniTicker"])
    if killed:
        wait_until(lambda: skewed.one("SELECT count(*) FROM raw_mini_ticker") > 1000, "half of the second one")
        collector.kill()
        start(skewed)
    send(topics, said, ["kline_1s"])
    end(skewed, topics)
    expected, got = tables(plain), tables(skewed)
    for table in TABLES:
        assert len(got[table]) == len(expected[table]) > 0 and got[table] == expected[table], table
    assert metrics(skewed)["pricegraph_sink_unsettled_seconds"] == 0
