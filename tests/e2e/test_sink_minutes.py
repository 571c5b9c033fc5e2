"""Minutes: written once as they were folded in memory; folded by the database wherever memory can't know all of their seconds. Either
way they are what the database folds from the seconds that are stored."""

import random
import re
import urllib.request

import pytest

from parts import murmur2, wait_until
from test_operation import free_port
from test_sink import STREAMS, SYMBOLS, T0, Topics, kline, start, ticker, trade, wait_settled

MINUTE = 60_000
FIRST = T0 - T0 % MINUTE


@pytest.fixture
def sink(stack_of):
    return stack_of("replay-test", {"feed.enabled": "no", "sink.batch_interval": 50, "http.port": free_port()})


def counter(stack, name):
    """Of the sink, since the collector began; 0 as long as it has not counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.values['http.port']}/metrics", timeout=10) as answer:
        return sum(map(int, re.findall(rf"^pricegraph_sink_{name}_total (\d+)", answer.read().decode(), re.M)))


def written(stack):
    """How many minutes were written from memory, and how many folded in the database."""
    return counter(stack, "bars_written"), counter(stack, "bars_folded")


def assert_folded(stack, over_ms):
    """Folding every minute that is over at over_ms changes nothing, and there is none without seconds."""
    minutes = ("SELECT DISTINCT symbol, open_us - open_us %% 60000000 AS m FROM candle_1s "
               "WHERE open_us - open_us %% 60000000 + 60000000 <= %s")
    assert stack.one(f"SELECT count(*) FROM ({minutes}) AS x", over_ms * 1000) == stack.one("SELECT count(*) FROM candle_1m") > 0
    assert stack.one(f"SELECT fold_1m(%s, array_agg(symbol), array_agg(m), array_agg(1::bigint)) FROM ({minutes}) AS x",
                     stack.venue, over_ms * 1000) == 0
    assert stack.one("SELECT fold_1h(%s, array_agg(symbol), array_agg(h), array_agg(1::bigint)) FROM (SELECT DISTINCT symbol, "
                     "open_us - open_us %% 3600000000 AS h FROM candle_1h) AS x", stack.venue) in (0, None)


class Market:
    """Trades of all symbols, some in each second; what was settled last."""

    def __init__(self, stack, seed=1):
        self.stack, self.topics, self.rnd = stack, Topics(stack), random.Random(seed)
        self.ids, self.t = 0, T0
        self.topics.control("begin", T0, symbols=SYMBOLS)

    def trade(self, symbol, t_ms):
        self.ids += 1
        self.topics.event("trade", symbol, trade(symbol, self.ids, t_ms, f"{self.rnd.randrange(1, 10**6) / 100:.2f}",
                                                 f"{self.rnd.randrange(1, 10**6) / 10**4:.4f}", self.rnd.random() < 0.5))

    def until(self, t_ms):
        """Goes on to t_ms; all before t_ms - 5 s is settled then. In the last ten seconds of a minute the first symbol is not traded."""
        for ms in range(self.t, t_ms, 500):
            for symbol in SYMBOLS[ms % MINUTE >= 50_000:]:
                if self.rnd.random() < 0.7:
                    self.trade(symbol, ms)
        self.t = t_ms
        self.topics.control("alive", t_ms)
        self.topics.flush()
        wait_settled(self.stack, t_ms)


def minutes_of(stack, from_ms, to_ms):
    return stack.one("SELECT count(*) FROM candle_1m WHERE open_us >= %s AND open_us < %s", from_ms * 1000, to_ms * 1000)


def test_minutes_are_written_as_folded_in_memory(sink):
    """Nobody else writes: no second is read again for its minute; hours follow."""
    start(sink)
    market = Market(sink)
    for n in range(1, 8):
        market.until(FIRST + n * MINUTE + 7000)
    assert written(sink) == (7 * len(SYMBOLS), 0)
    market.until(FIRST + 90 * MINUTE)
    assert_folded(sink, market.t - 5000)
    assert written(sink)[1] == 0
    assert sink.one("SELECT count(*) FROM candle_1h") == len(SYMBOLS)
    assert sink.one("SELECT count(*) FROM candle_1m WHERE revision <= 0 OR removed") == 0


def test_the_minute_of_a_restart_is_folded_in_the_database(sink):
    """Its first seconds are known to the database alone; the next one is memory's again. Also after an orderly stop."""
    collector = start(sink)
    market = Market(sink)
    market.until(FIRST + MINUTE + 30_000)
    collector.kill()
    collector = start(sink)
    market.until(FIRST + 3 * MINUTE + 30_000)
    assert collector.stop() == 0
    start(sink)
    market.until(FIRST + 4 * MINUTE + 10_000)
    assert written(sink) == (0, len(SYMBOLS))
    market.until(FIRST + 6 * MINUTE + 10_000)
    assert written(sink) == (2 * len(SYMBOLS), len(SYMBOLS))
    assert_folded(sink, market.t - 5000)


def late_trade(market, symbol):
    market.trade(symbol, market.t - 20_000)


def restated_kline(market, symbol):
    second = market.t - 10_000 - market.t % 1000
    for stated in (second + 1010, second + 1500):
        market.topics.event("kline_1s", symbol, kline(symbol, second, stated, ("5", str(stated % 1000), "4", "6")))


def others(market, symbol, *statements):
    """As pricegraphctl writes: under the partition's row, whose revision it raises."""
    where = (market.stack.venue, murmur2(symbol.encode()) % 8)
    with market.stack.db.transaction():
        market.stack.db.execute("UPDATE partition SET revision = revision + 1 WHERE venue = %s AND i = %s", where)
        for sql in statements:
            market.stack.db.execute(sql, {"symbol": symbol, "venue": market.stack.venue, "now": market.t * 1000,
                                          "minute": (market.t - market.t % MINUTE) * 1000})


def corrected(market, symbol):
    others(market, symbol, "UPDATE candle_1s SET close = high, origin = 5, revision = 99 WHERE symbol = %(symbol)s AND open_us = "
           "(SELECT max(open_us) FROM candle_1s WHERE symbol = %(symbol)s)")


def removed(market, symbol):
    others(market, symbol, "UPDATE candle_1s SET removed = true, revision = 99 WHERE symbol = %(symbol)s AND open_us = "
           "(SELECT max(open_us) FROM candle_1s WHERE symbol = %(symbol)s)")


def second_added(market, symbol):
    """Where nobody trades, and not settled yet."""
    insert = ("INSERT INTO candle_1s (open_us, symbol, venue, open, high, low, close, volume, quote, trades, taker_volume, "
              "taker_quote, origin, closed, stated_us, revision) VALUES ({}, %(symbol)s, %(venue)s, 1, 900000, 0.01, 3, 4, 5, 6, 7, 8, "
              "5, true, 9, 99) ON CONFLICT DO NOTHING")
    others(market, symbol, insert.format("%(minute)s + 55000000"))


def minute_given(market, symbol):
    others(market, symbol, "INSERT INTO candle_1m (open_us, symbol, venue, open, high, low, close, origin, revision) VALUES "
           "(%(minute)s, %(symbol)s, %(venue)s, 1, 900000, 0.01, 3, 1, 99)")


@pytest.mark.parametrize("event", [late_trade, restated_kline, corrected, removed, second_added, minute_given],
                         ids=lambda f: f.__name__)
def test_a_minute_that_others_wrote_to_is_folded_in_the_database(sink, event):
    """While it is open, for one symbol; minutes of other symbols' partitions, and the next ones, stay memory's."""
    start(sink)
    market = Market(sink)
    market.until(FIRST + 2 * MINUTE + 40_000)
    before = written(sink)
    event(market, SYMBOLS[0])
    market.until(FIRST + 2 * MINUTE + 50_000)
    market.until(FIRST + 3 * MINUTE + 10_000)
    assert_folded(sink, market.t - 5000)
    memory, folded = (now - was for now, was in zip(written(sink), before))
    assert memory + folded == len(SYMBOLS) and 1 <= folded < len(SYMBOLS)
    market.until(FIRST + 5 * MINUTE + 10_000)
    assert_folded(sink, market.t - 5000)
    assert written(sink)[1] - before[1] == folded
    assert sink.one("SELECT count(*) FROM quarantine") == 0


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_minutes_are_those_of_the_seconds(sink, seed):
    """All streams, disorder, restated bars, kills, and others who write, at random."""
    rnd = random.Random(seed)
    collector = start(sink)
    market = Market(sink, seed)
    market.topics.control("begin", T0, symbols=SYMBOLS, streams=STREAMS[:2])
    end = T0 + 5 * MINUTE
    for t in range(T0, end, 1000):
        for symbol in SYMBOLS:
            kind = rnd.random()
            late = rnd.choice((0, 0, 0, 0, 0, 3000, 20_000, 90_000)) if t > T0 + 100_000 else 0
            if kind < 0.5:
                market.trade(symbol, t - late + rnd.randrange(1000))
            if 0.3 < kind < 0.7:
                market.topics.event("miniTicker", symbol, ticker(symbol, t - late + rnd.randrange(1000), str(rnd.randrange(1, 999))))
            if 0.6 < kind:
                market.topics.event("kline_1s", symbol, kline(symbol, t - late, t + 1000 + rnd.randrange(9), count=rnd.randrange(3)))
        market.topics.control("alive", t + 1000, streams=STREAMS)
        market.t = t + 1000
        if rnd.random() < 0.008:
            market.topics.flush()
            wait_settled(sink, market.t, 3)
            rnd.choice((corrected, removed, second_added))(market, rnd.choice(SYMBOLS))
        if rnd.random() < 0.005:
            collector.kill()
            collector = start(sink)
    last = end + 2 * MINUTE
    market.topics.control("alive", last, streams=STREAMS)
    market.topics.flush()
    wait_settled(sink, last, 3)
    assert_folded(sink, last)
    assert sink.one("SELECT count(*) FROM candle_1m") == len(SYMBOLS) * 6


def test_minutes_that_are_there_already_are_no_obstacle(sink):
    """Somebody gave bars of minutes to come without raising a revision, as nobody should: the transaction runs again, slowly."""
    start(sink)
    market = Market(sink)
    market.until(FIRST + MINUTE + 40_000)
    sink.db.execute("INSERT INTO candle_1m (open_us, symbol, venue, open, high, low, close, origin, revision) VALUES (%s, %s, %s, 1, 2, "
                    "1, 2, 1, 1)", ((FIRST + MINUTE) * 1000, SYMBOLS[1], sink.venue))
    market.until(FIRST + 3 * MINUTE + 10_000)
    wait_until(lambda: minutes_of(sink, FIRST, FIRST + 3 * MINUTE) == 3 * len(SYMBOLS), "three minutes each")
    assert_folded(sink, market.t - 5000)
