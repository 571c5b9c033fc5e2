"""Kafka → PostgreSQL: whatever the order, repetition, lateness or death in between, the rows are those of the
sorted sequence, written once, and what was not heard is a gap."""

import json
import random
import time
from decimal import Decimal

import pytest
from confluent_kafka import Producer

from parts import murmur2, wait_until
from recompute import bars, trade_of

T0 = 1_700_000_000_000  # ms; 20 s into a minute
SYMBOLS = ["BTCUSDT", "ETHUSDT", "1INCHUSDT", "这是测试币456"]
STREAMS = ("miniTicker", "kline_1s", "trade")


class Topics:
    """Writes stream topics as the feed does."""

    def __init__(self, stack):
        self.stack = stack
        self.producer = Producer({"bootstrap.servers": stack.values["kafka.bootstrap.servers"],
                                  "partitioner": "murmur2", "linger.ms": 1, "enable.idempotence": True})
        self.seq = 0

    def name(self, stream):
        return f"{self.stack.prefix}.{self.stack.venue}.{stream}"

    def control(self, kind, t_ms, session="s1", symbols=None, streams=("trade",)):
        for stream in streams:
            for i in range(8):
                self.seq += 1
                record = {"session": session, "collector": "test", "seq": self.seq, "kind": kind, "T": t_ms * 1000,
                          "clock": t_ms * 1000, "speed": 1, "partition": i}
                if symbols is not None:
                    record["symbols"] = [s for s in symbols if murmur2(s.encode()) % 8 == i]
                self.producer.produce(self.name(stream), json.dumps(record), partition=i, headers={"control": "1"})

    def event(self, stream, symbol, event):
        text = event if isinstance(event, (str, bytes)) else json.dumps(event)
        self.producer.produce(self.name(stream), text, key=symbol,
                              headers={"received_us": str(time.time_ns() // 1000), "source": "ws", "collector": "test"})

    def flush(self):
        assert self.producer.flush(20) == 0


def trade(symbol, number, t_ms, price="100.5", quantity="2", maker=True):
    return {"e": "trade", "E": t_ms + 1, "s": symbol, "t": number, "p": price, "q": quantity, "T": t_ms, "m": maker,
            "M": True}


def ticker(symbol, t_ms, close):
    return {"e": "24hrMiniTicker", "E": t_ms, "s": symbol, "c": close, "o": "1", "h": "9", "l": "1", "v": "5", "q": "6"}


def kline(symbol, t_ms, stated_ms, prices=("5", "8", "4", "6"), volume="3", count=2):
    o, h, l, c = prices
    return {"e": "kline", "E": stated_ms, "s": symbol, "k": {
        "t": t_ms, "T": t_ms + 999, "s": symbol, "i": "1s", "f": 1, "L": count, "o": o, "c": c, "h": h, "l": l,
        "v": volume, "n": count, "x": True, "q": "7", "V": "1", "Q": "2", "B": "0"}}


@pytest.fixture
def sink(stack_of):
    stack = stack_of("replay-test", {"feed.enabled": "no", "sink.batch_interval": 50})
    return stack


def start(stack):
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: "sink_started" in collector.text(), "the sink starts", 40)
    return collector


def market(seed, seconds=150, rate=4):
    """Random trades of all symbols, in the order of their times."""
    rnd = random.Random(seed)
    out, ids = [], dict.fromkeys(SYMBOLS, 1000)
    for ms in sorted(rnd.randrange(seconds * 1000) for _ in range(seconds * rate)):
        symbol = rnd.choice(SYMBOLS)
        ids[symbol] += 1
        out.append(trade(symbol, ids[symbol], T0 + ms, f"{rnd.randrange(1, 10**7) / 100:.2f}",
                         f"{rnd.randrange(1, 10**9) / 10**5:.5f}", rnd.random() < 0.5))
    return out


LEVELS = (("candle_1s", 1000), ("candle_1m", 60_000), ("candle_1h", 3_600_000), ("candle_1d", 86_400_000))


def stored(stack, table, symbol):
    return {row[0] // 1000: row[1:] for row in stack.rows(
        f"SELECT open_us, open, high, low, close, volume, quote, trades, taker_volume, taker_quote FROM {table} "
        "WHERE symbol = %s", symbol)}


def assert_candles(stack, events):
    for symbol in SYMBOLS:
        trades = sorted((trade_of(e) for e in events if e["s"] == symbol), key=lambda t: t["t"])
        for table, width in LEVELS:
            expected = {t: bar.values() for t, bar in bars(trades, width).items()}
            assert stored(stack, table, symbol) == expected, (symbol, table)


def wait_settled(stack, t_ms, streams=1):
    """Every partition of every stream in play was read up to t_ms."""
    wait_until(lambda: stack.one("SELECT count(*) = %s * 8 AND min(to_us) >= %s FROM (SELECT max(to_us) AS to_us FROM span "
                                 "GROUP BY stream, i) AS t", streams, t_ms * 1000), f"as_of {t_ms}")


DAY_END = T0 + 2 * 86_400_000


@pytest.mark.parametrize("seed", range(4))
def test_any_order_gives_the_candles_of_the_sorted_sequence(sink, seed):
    """Disorder within and far beyond the settle time, repeats, a control record now and then."""
    events = market(seed)
    rnd = random.Random(seed)
    start(sink)
    topics = Topics(sink)
    topics.control("begin", T0, symbols=SYMBOLS)
    order = sorted(events, key=lambda e: e["T"] + rnd.choice([0, 0, 300, 4000, 30_000, 140_000]))
    order += rnd.sample(events, 40)
    for n, e in enumerate(order):
        topics.event("trade", e["s"], e)
        if n % 37 == 0:
            topics.control("alive", min(e["T"], T0 + 150_000))
        if n == len(order) // 2:
            topics.flush()
            wait_until(lambda: sink.one("SELECT count(*) FROM raw_trade"), "a first batch")
    topics.control("alive", DAY_END)
    topics.flush()
    wait_settled(sink, DAY_END)
    assert sink.one("SELECT count(*) FROM raw_trade") == len(events)
    assert_candles(sink, events)
    assert sink.one("SELECT count(*) FROM quarantine") == 0


def test_origins_and_versions(sink):
    """sample < trade < closed kline; a kline is replaced by a greater version only, late or not; bars above follow."""
    start(sink)
    topics = Topics(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=STREAMS)
    for ms, close in ((900, "12"), (100, "10"), (500, "9")):
        topics.event("miniTicker", "BTCUSDT", ticker("BTCUSDT", T0 + ms, close))
        topics.event("miniTicker", "BTCUSDT", ticker("BTCUSDT", T0 + 1000 + ms, close))
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 1, T0 + 1500, "11", "3"))
    topics.event("kline_1s", "BTCUSDT", kline("BTCUSDT", T0 + 2000, T0 + 3004))
    topics.event("kline_1s", "BTCUSDT", kline("BTCUSDT", T0 + 2000, T0 + 3001, ("1", "1", "1", "1")))
    topics.control("alive", DAY_END, streams=STREAMS)
    topics.flush()
    wait_settled(sink, DAY_END, 3)

    def seconds():
        return sink.rows("SELECT (open_us / 1000 - %s)::int, open, high, low, close, volume, trades, origin FROM candle_1s "
                         "ORDER BY 1", T0)

    d = Decimal
    expected = [(0, d(10), d(12), d(9), d(12), None, None, 1), (1000, d(11), d(11), d(11), d(11), d(3), 1, 3),
                (2000, d(5), d(8), d(4), d(6), d(3), 2, 4)]
    assert seconds() == expected
    minute = "SELECT open, high, low, close, volume, trades, origin FROM candle_1m"
    assert sink.rows(minute) == [(d(10), d(12), d(4), d(6), None, None, 1)]
    before = sink.one("SELECT settled_revision FROM symbol")

    # Late: an older version changes nothing, a newer one does, and so does a first sample before all others.
    topics.event("kline_1s", "BTCUSDT", kline("BTCUSDT", T0 + 2000, T0 + 3002, ("1", "1", "1", "1")))
    topics.event("kline_1s", "BTCUSDT", kline("BTCUSDT", T0 + 1000, T0 + 9000, ("6", "7", "6", "7"), "4", 3))
    topics.event("miniTicker", "BTCUSDT", ticker("BTCUSDT", T0 + 50, "8"))
    topics.flush()
    expected[0] = (0, d(8), d(12), d(8), d(12), None, None, 1)
    expected[1] = (1000, d(6), d(7), d(6), d(7), d(4), 3, 4)
    wait_until(lambda: seconds() == expected, "late events are taken in")
    assert sink.rows(minute) == [(d(8), d(12), d(4), d(6), None, None, 1)]
    assert sink.rows(minute.replace("1m", "1d")) == [(d(8), d(12), d(4), d(6), None, None, 1)]
    assert sink.one("SELECT settled_revision FROM symbol") > before
    assert sink.one("SELECT max(revision) FROM candle_1d") == sink.one("SELECT settled_revision FROM symbol")


def test_kills_while_writing(sink):
    """kill -9 at random moments: every row once, candles those of the sorted sequence, no gap (the feed lived)."""
    events = market(99, seconds=300, rate=20)
    rnd = random.Random(5)
    sink.set({"sink.batch_interval": 20, "sink.batch_bytes": 20_000})
    collector = start(sink)
    topics = Topics(sink)
    topics.control("begin", T0, symbols=SYMBOLS)
    step = len(events) // 12
    for n in range(0, len(events), step):
        for e in events[n:n + step]:
            topics.event("trade", e["s"], e)
            if rnd.random() < 0.02:
                topics.control("alive", e["T"])
        topics.flush()
        before = sink.one("SELECT sum(next_offset) FROM kafka_offset")
        if n % 2 == 0:
            wait_until(lambda b=before: sink.one("SELECT sum(next_offset) FROM kafka_offset") > b or b > n, "progress")
        collector.kill()
        collector = sink.start("pricegraph-collector")
    topics.control("alive", DAY_END)
    topics.flush()
    wait_settled(sink, DAY_END)
    assert sink.one("SELECT count(*) FROM raw_trade") == len(events)
    assert_candles(sink, events)
    assert sink.rows("SELECT * FROM gap") == []
    assert collector.stop() == 0


def test_a_new_session_leaves_a_gap_and_raises_the_revision(sink):
    start(sink)
    topics = Topics(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"])
    topics.control("alive", T0 + 3000)
    topics.control("begin", T0 + 9000, session="s2", symbols=["BTCUSDT"])
    topics.flush()
    gap = wait_until(lambda: sink.rows("SELECT symbol, stream, from_us, to_us, cause, state FROM gap"), "a gap")
    assert gap == [("BTCUSDT", "trade", (T0 + 3000) * 1000, (T0 + 9000) * 1000, "feed", "open")]
    assert sink.one("SELECT settled_revision FROM symbol") > 0
    assert sink.rows("SELECT session, from_us, to_us FROM subscription ORDER BY 1") == [
        ("s1", T0 * 1000, (T0 + 3000) * 1000), ("s2", (T0 + 9000) * 1000, None)]


def test_bad_records_go_to_quarantine_and_block_nothing(sink):
    start(sink)
    topics = Topics(sink)
    bad = [b"", b"{", b"\xff\xfe", b"[]", b"null", json.dumps(trade("BTCUSDT", 1, T0, price="x")),
           json.dumps({**trade("BTCUSDT", 1, T0), "t": "1"}), json.dumps(trade("BTCUSDT", 1, 1000)),
           json.dumps(trade("A" * 100, 1, T0)), json.dumps(trade("A\u0000B", 1, T0)),
           json.dumps(ticker("BTCUSDT", T0, "1"))]
    topics.control("begin", T0, symbols=["BTCUSDT"])
    for value in bad:
        topics.event("trade", "BTCUSDT", value)
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 7, T0 + 10))
    topics.control("alive", T0 + 60_000)
    topics.flush()
    wait_settled(sink, T0 + 60_000)
    assert sink.rows("SELECT id FROM raw_trade") == [(7,)]
    rows = sink.rows("SELECT record_key, record_value, reason FROM quarantine ORDER BY record_offset")
    assert [bytes(r[1]) for r in rows] == [v if isinstance(v, bytes) else v.encode() for v in bad]
    assert all(bytes(r[0]) == b"BTCUSDT" and r[2] for r in rows)


def test_a_second_sink_fences_the_first(sink):
    first = start(sink)
    second = sink.start("pricegraph-collector")
    topics = Topics(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"])
    for n in range(100):
        topics.event("trade", "BTCUSDT", trade("BTCUSDT", n, T0 + n))
        topics.flush()
    wait_until(lambda: "sink_fenced" in first.text(), "one of them is fenced")
    wait_until(lambda: sink.one("SELECT count(*) FROM raw_trade") == 100, "the other writes everything once")
    assert first.stop() == 0 and second.stop() == 0


def test_topics_made_anew_begin_a_new_epoch(sink):
    collector = start(sink)
    topics = Topics(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"])
    for n in range(10):
        topics.event("trade", "BTCUSDT", trade("BTCUSDT", n, T0 + n))
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM raw_trade") == 10, "taken")
    epoch = sink.one("SELECT epoch FROM venue")
    assert collector.stop() == 0
    remove_topics(sink)
    collector = start(sink)
    topics = Topics(sink)
    for n in range(20, 25):
        topics.event("trade", "BTCUSDT", trade("BTCUSDT", n, T0 + 40_000 + n))
    topics.control("alive", T0 + 50_000)
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM raw_trade") == 15, "the new topics are read from their beginning")
    assert sink.one("SELECT epoch FROM venue") > epoch
    gap = wait_until(lambda: sink.rows("SELECT from_us, to_us, cause FROM gap"), "a gap")
    assert gap == [(T0 * 1000, (T0 + 50_000) * 1000, "expired")]


def remove_topics(stack):
    from confluent_kafka.admin import AdminClient
    admin = AdminClient({"bootstrap.servers": stack.values["kafka.bootstrap.servers"]})
    names = [t for t in admin.list_topics(timeout=10).topics if t.startswith(stack.prefix + ".")]
    for done in admin.delete_topics(names).values():
        done.result(20)
    wait_until(lambda: not [t for t in admin.list_topics(timeout=10).topics if t.startswith(stack.prefix + ".")],
               "the topics are gone")


def test_postgres_away_holds_the_batch(sink):
    """Connections cut again and again while records come: nothing lost, nothing twice."""
    import psycopg
    import os
    events = market(3, seconds=120, rate=30)
    collector = start(sink)
    topics = Topics(sink)
    topics.control("begin", T0, symbols=SYMBOLS)
    with psycopg.connect(os.environ["PRICEGRAPH_TEST_PG"], autocommit=True) as admin:
        for n, e in enumerate(events):
            topics.event("trade", e["s"], e)
            if n % 100 == 0:
                topics.flush()
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s "
                              "AND application_name = 'pricegraph-sink'", (sink.database,))
    topics.control("alive", DAY_END)
    topics.flush()
    wait_settled(sink, DAY_END)
    assert sink.one("SELECT count(*) FROM raw_trade") == len(events)
    assert_candles(sink, events)
    assert collector.stop() == 0
