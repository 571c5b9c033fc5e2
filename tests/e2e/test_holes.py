"""What is missing: holes in ids become gaps unless they close by themselves, whenever the sink dies; history and the records that tell of
a repair close them, but only when it adds up; nobody traded is no gap."""

import json
import random
import time

import pytest

from parts import murmur2, wait_until
from test_repair import rest
from test_sink import T0, Topics, start, ticker, trade

ALL = ("trade", "aggTrade", "kline_1s", "miniTicker")


def agg_trade(symbol, number, first, last, t_ms, live=True):
    event = {"e": "aggTrade", "E": t_ms + 1, "s": symbol, "a": number, "p": "100.5", "q": "2", "f": first, "l": last,
             "T": t_ms, "m": True, "M": True}
    if not live:
        del event["E"]
    return event


def bar(symbol, t_ms, first, last, close="6", live=True):
    count = max(last - first + 1, 0)
    event = {"e": "kline", "E": t_ms + 1005, "s": symbol, "k": {
        "t": t_ms, "T": t_ms + 999, "s": symbol, "i": "1s", "f": first if count else -1, "L": last if count else -1, "o": "5",
        "c": close, "h": "8", "l": "4", "v": str(count), "n": count, "x": True, "q": "7", "V": "1", "Q": "2", "B": "0"}}
    if not live:  # REST knows neither when it was stated nor the ids
        del event["E"], event["k"]["f"], event["k"]["L"]
    return event


class History(Topics):
    """Writes history topics as back-fill does."""

    def row(self, stream, symbol, event, stated_ms=T0 + 10**8):
        self.producer.produce(self.name(stream) + ".history", json.dumps(event), key=symbol, headers={
            "received_us": str(time.time_ns() // 1000), "source": "rest", "collector": "test",
            "stated_us": str(stated_ms * 1000)})

    def fill(self, through, gap, state, rows=0, rows_of=None):
        """Looks for rows where the gap is now, and its ids may lie, or in `rows_of`."""
        symbol, stream, from_us, to_us, cause = gap
        rows_from, rows_to = rows_of or self.stack.rows(
            "SELECT least(from_us, ids_from_us), greatest(to_us, ids_to_us) FROM gap WHERE (symbol, stream, from_us, to_us, cause) = "
            "(%s, %s, %s, %s, %s)", *gap)[0]
        record = {"symbol": symbol, "stream": stream, "from": from_us, "to": to_us, "cause": cause, "state": state, "reason": "",
                  "rows": rows, "first_id": -1, "last_id": -1, "rows_from": rows_from, "rows_to": rows_to}
        self.producer.produce(self.name(through) + ".history", json.dumps(record), partition=murmur2(symbol.encode()) % 8,
                              headers={"control": "fill"})


@pytest.fixture
def sink(stack_of):
    return stack_of("replay-test", {"feed.enabled": "no", "backfill.enabled": "no", "sink.batch_interval": 50})


def gaps(stack):
    return stack.rows("SELECT symbol, stream, from_us, to_us, cause, state, first_id, last_id FROM gap ORDER BY 1, 2, 3, 5")


def key(gap):
    return gap[:5]


def us(ms):
    return (T0 + ms) * 1000


def wait_gap(stack, state, count=1):
    return wait_until(lambda: stack.rows("SELECT symbol, stream, from_us, to_us, cause, reason, revision FROM gap "
                                         "WHERE state = %s ORDER BY stream", state)[:count] if stack.one(
        "SELECT count(*) FROM gap WHERE state = %s", state) >= count else None, f"{count} gaps {state}")


def test_holes_become_gaps_once_settled_and_only_those(sink):
    """Each kind of ids; what closes by itself, an empty bar, a session that ends cleanly are none."""
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT", "ETHUSDT"], streams=ALL[:3])
    for n in (1, 2, 5, 4, 3, 6, 9):  # 3 and 4 come late; 7 and 8 never
        topics.event("trade", "BTCUSDT", trade("BTCUSDT", n, T0 + n * 100))
    for n, first, last in ((1, 1, 1), (2, 2, 4), (4, 7, 9)):
        topics.event("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", n, first, last, T0 + n * 100))
    for second, first, last in ((0, 1, 9), (1, 0, -1), (2, 0, -1), (3, 10, 12), (5, 15, 16)):
        topics.event("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + second * 1000, first, last))
    topics.event("trade", "ETHUSDT", trade("ETHUSDT", 70, T0))
    topics.event("trade", "ETHUSDT", trade("ETHUSDT", 71, T0 + 60_000))
    topics.control("alive", T0 + 5000, streams=ALL[:3])
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM span WHERE to_us >= %s", us(5000)) == 24, "heard")
    assert gaps(sink) == []
    topics.control("ended", T0 + 70_000, streams=ALL[:3])
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM gap") == 3, "the holes are told of")
    assert gaps(sink) == [
        ("BTCUSDT", "aggTrade", us(200), us(400) + 1, "ids", "open", 3, 3),
        ("BTCUSDT", "kline_1s", us(4000), us(5000), "ids", "open", 13, 14),
        ("BTCUSDT", "trade", us(600), us(900) + 1, "ids", "open", 7, 8)]
    assert sink.one("SELECT settled_revision FROM symbol WHERE symbol = 'BTCUSDT'") >= sink.one("SELECT max(revision) FROM gap")
    assert sink.rows("SELECT symbol, ids, id FROM id_mark WHERE id >= 0 AND symbol = 'BTCUSDT' ORDER BY 1, 2") == [
        ("BTCUSDT", "aggTrade", 4), ("BTCUSDT", "aggTrade.trades", 9), ("BTCUSDT", "kline_1s.trades", 16),
        ("BTCUSDT", "trade", 9)]


def test_holes_are_found_whenever_the_sink_dies(sink):
    """kill -9 again and again: the gaps are exactly the ids that were left out."""
    rnd = random.Random(3)
    sink.set({"sink.batch_interval": 20, "sink.batch_events": 40})
    collector = start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT", "ETHUSDT"])
    missing, number = {}, {"BTCUSDT": 10, "ETHUSDT": 5000}
    for step in range(8):
        for n in range(300):
            ms = (step * 300 + n) * 50
            symbol = "ETHUSDT" if n % 40 == 7 else "BTCUSDT"
            number[symbol] += 1
            if n > 5 and rnd.random() < 0.02:
                missing.setdefault(symbol, set()).add(number[symbol])
            else:
                topics.event("trade", symbol, trade(symbol, number[symbol], T0 + ms))
            if n % 20 == 0:
                topics.control("alive", T0 + ms)
        topics.flush()
        if step % 2:
            before = sink.one("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset")
            wait_until(lambda b=before: sink.one("SELECT sum(next_offset) FROM kafka_offset") > b or b > 1000, "progress")
        collector.kill()
        collector = sink.start("pricegraph-collector")
    for symbol in number:
        topics.event("trade", symbol, trade(symbol, number[symbol] + 1, T0 + 130_000))
    topics.control("alive", T0 + 10**6)
    topics.flush()
    wait_until(lambda: sink.one("SELECT min(to_us) FROM span") == us(10**6), "all is settled")
    told = {}
    for symbol, stream, from_us, to_us, cause, state, first, last in gaps(sink):
        assert (stream, cause, state) == ("trade", "ids", "open") and from_us < to_us
        ids = set(range(first, last + 1))
        assert not ids & told.get(symbol, set())
        told.setdefault(symbol, set()).update(ids)
    assert told == missing
    assert sink.one("SELECT count(*) FROM raw_trade") == 2400 - sum(map(len, missing.values())) + 2
    assert collector.stop() == 0


def open_gap(sink, topics, streams=("trade",)):
    """A connection that was lost for 10 s, and trades that were missed by it: BTCUSDT 101 to 105."""
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=streams)
    if "trade" in streams:
        topics.event("trade", "BTCUSDT", trade("BTCUSDT", 100, T0 + 900))
    if "kline_1s" in streams:
        topics.event("kline_1s", "BTCUSDT", bar("BTCUSDT", T0, 95, 100))
    topics.control("alive", T0 + 2000, streams=streams)
    topics.control("begin", T0 + 12_000, session="s2", symbols=["BTCUSDT"], streams=streams)
    if "trade" in streams:
        topics.event("trade", "BTCUSDT", trade("BTCUSDT", 106, T0 + 15_000))
    if "kline_1s" in streams:
        topics.event("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 15_000, 106, 106))
    topics.control("alive", T0 + 30_000, session="s2", streams=streams)
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM span WHERE to_us >= %s", us(30_000)) == 8 * len(streams), "settled")
    return gaps(sink)


def complete(sink, from_ms, to_ms):
    """`complete` of each second's candle."""
    answer = sink.json(f"/api/v1/initial?symbol=BTCUSDT&interval=1s&limit=1000&end={T0 + to_ms}")
    return {row[0] - T0: row[9] for row in answer["candles"] if T0 + from_ms <= row[0]}, answer["gaps"]


def test_a_lost_connection_learns_its_ids_and_is_repaired_through_aggregates(sink):
    """The hole is not told of twice; open, repairing, repaired; the trades' candles; coverage follows."""
    start(sink)
    topics = History(sink)
    gap = open_gap(sink, topics)
    assert gap == [("BTCUSDT", "trade", us(2000), us(12_000), "feed", "open", 101, 105)]
    seconds, told = complete(sink, 2000, 12_000)
    assert seconds == {} and told
    topics.fill("aggTrade", key(gap[0]), "repairing")
    topics.flush()
    begun = wait_gap(sink, "repairing")[0]
    for n, first, last, ms in ((49, 98, 100, 900), (50, 101, 102, 4100), (51, 103, 105, 8200), (52, 106, 107, 15_000)):
        topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", n, first, last, T0 + ms, live=False))
    topics.fill("aggTrade", key(gap[0]), "done", rows=2)
    topics.flush()
    done = wait_gap(sink, "repaired")[0]
    assert done[5] is None and done[6] > begun[6]
    assert sink.rows("SELECT id, first_id, last_id, event_us FROM raw_agg_trade ORDER BY 1") == [
        (49, 98, 100, None), (50, 101, 102, None), (51, 103, 105, None), (52, 106, 107, None)]
    assert sink.rows("SELECT open_us, origin, trades FROM candle_1s ORDER BY 1") == [
        (us(0), 2, 3), (us(4000), 2, 2), (us(8000), 2, 3), (us(15_000), 2, 2)]
    seconds, told = complete(sink, 2000, 12_000)
    assert seconds == dict.fromkeys(range(2000, 12_000, 1000), True) and told == []
    coverage = sink.json(f"/api/v1/coverage?symbol=BTCUSDT&from={T0}&to={T0 + 20_000}")
    assert [g["state"] for g in coverage["gaps"]] == ["repaired"]
    # All of it again, as after a restart of the back-fill: nothing changes.
    before = sink.rows("SELECT * FROM candle_1s ORDER BY open_us"), sink.rows("SELECT * FROM gap")
    topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", 50, 101, 102, T0 + 4100, live=False))
    topics.fill("aggTrade", key(gap[0]), "done", rows=1)
    topics.flush()
    wait_until(lambda: sink.one("SELECT sum(next_offset) FROM kafka_offset WHERE stream = 'aggTrade.history'") == 8, "taken")
    assert (sink.rows("SELECT * FROM candle_1s ORDER BY open_us"), sink.rows("SELECT * FROM gap")) == before


@pytest.mark.parametrize("rows, count, reason", [
    ([(50, 101, 102, 4100)], 2, "only 1 of 2 rows came"),
    ([(50, 101, 102, 4100), (52, 105, 105, 8200)], 2, "aggTrades 51 to 51 are not in what came"),
    ([(50, 101, 102, 4100)], 1, "ids 101 to 105 are not in what came"),
    ([], 0, "ids 101 to 105 are not in what came")])
def test_what_does_not_add_up_is_not_repaired(sink, rows, count, reason):
    start(sink)
    topics = History(sink)
    gap = open_gap(sink, topics)
    topics.fill("aggTrade", key(gap[0]), "repairing")
    for n, first, last, ms in rows:
        topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", n, first, last, T0 + ms, live=False))
    topics.fill("aggTrade", key(gap[0]), "done", rows=count)
    topics.flush()
    assert wait_gap(sink, "unrepairable")[0][5] == reason
    assert complete(sink, 2000, 12_000)[1][0]["state"] == "unrepairable"


def test_candles_repair_streams_of_candles(sink):
    """A lost connection of kline_1s and miniTicker; a bar of the past replaces one by its version only; no trade is no hole."""
    start(sink)
    topics = History(sink)
    topics.event("miniTicker", "BTCUSDT", ticker("BTCUSDT", T0 + 500, "5.5"))
    gap = open_gap(sink, topics, ("kline_1s", "miniTicker"))
    assert [g[1:6] for g in gap] == [("kline_1s", us(2000), us(12_000), "feed", "open"),
                                     ("miniTicker", us(2000), us(12_000), "feed", "open")]
    assert gap[0][6:] == (101, 105) and gap[1][6:] == (None, None)
    for g in gap:
        topics.fill("kline_1s", key(g), "repairing")
    for second in range(2, 12):
        first, last = {4: (101, 103), 8: (104, 105)}.get(second, (0, -1))
        topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + second * 1000, first, last, live=False))
    for g in gap:
        topics.fill("kline_1s", key(g), "done", rows=10)
    topics.flush()
    assert [g[5] for g in wait_gap(sink, "repaired", 2)] == [None, "candles repaired"]
    assert complete(sink, 2000, 12_000) == (dict.fromkeys(range(2000, 12_000, 1000), True), [])
    # Restated: later, then an older statement.
    topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 4000, 101, 103, "7.5", live=False), T0 + 2 * 10**8)
    topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 4000, 101, 103, "4.5", live=False), T0 + 10**8 + 1)
    topics.flush()
    wait_until(lambda: sink.one("SELECT sum(next_offset) FROM kafka_offset WHERE stream = 'kline_1s.history'") == 16, "taken")
    assert sink.one("SELECT close = 7.5 FROM candle_1s WHERE open_us = %s", us(4000))


def test_history_waits_for_its_second_and_bad_records_for_nobody(sink):
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=("kline_1s",))
    topics.control("alive", T0 + 10_000, streams=("kline_1s",))
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM span WHERE to_us >= %s", us(10_000)) == 8, "heard")
    topics.row("kline_1s", "BTCUSDT", {"e": "kline"})
    topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 1000, 1, 2, live=False))
    topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 8000, 3, 4, live=False))  # unsettled
    topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 2000, 1, 2, live=False))  # behind it
    topics.row("kline_1s", "ETHUSDT", bar("ETHUSDT", T0 + 8000, 3, 4, live=False))  # nobody listens to this one
    topics.flush()
    wait_until(lambda: sink.rows("SELECT symbol, open_us FROM candle_1s ORDER BY 1") == [
        ("BTCUSDT", us(1000)), ("ETHUSDT", us(8000))], "what can be taken")
    assert sink.rows("SELECT stream FROM quarantine") == [("kline_1s.history",)]
    topics.control("alive", T0 + 20_000, streams=("kline_1s",))
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM candle_1s") == 4, "the rest")
    assert sink.one("SELECT count(*) FROM kafka_offset WHERE stream = 'kline_1s.history' AND replay_from <> next_offset") == 0


def test_a_repair_survives_kills(sink):
    """kill -9 between its records: judged as if nothing had been."""
    collector = start(sink)
    topics = History(sink)
    gap = open_gap(sink, topics)
    topics.fill("aggTrade", key(gap[0]), "repairing")
    topics.flush()
    wait_gap(sink, "repairing")
    for n, (first, last, ms) in enumerate(((101, 102, 4100), (103, 103, 8200), (104, 105, 8300))):
        topics.row("aggTrade", "BTCUSDT", agg_trade("BTCUSDT", 50 + n, first, last, T0 + ms, live=False))
        topics.flush()
        wait_until(lambda n=n: sink.one("SELECT count(*) FROM raw_agg_trade") == n + 1, "a row")
        collector.kill()
        collector = start(sink)
    topics.fill("aggTrade", key(gap[0]), "done", rows=3)
    topics.flush()
    wait_gap(sink, "repaired")
    # What follows is no hole: the repair moved the mark.
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 107, T0 + 31_000))
    topics.control("alive", T0 + 60_000, session="s2")
    topics.flush()
    wait_until(lambda: sink.one("SELECT min(to_us) FROM span WHERE session = 's2'") == us(60_000), "settled")
    assert [g[5] for g in gaps(sink)] == ["repaired"]
    assert collector.stop() == 0


def test_a_repair_before_the_next_trade_is_none_afterwards(sink):
    """Repaired while nothing had come behind the gap; what comes later joins, or the gap is open again."""
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT", "ETHUSDT"])
    for symbol in ("BTCUSDT", "ETHUSDT"):
        topics.event("trade", symbol, trade(symbol, 100, T0 + 900))
    topics.control("alive", T0 + 2000)
    topics.control("begin", T0 + 12_000, session="s2", symbols=["BTCUSDT", "ETHUSDT"])
    topics.control("alive", T0 + 30_000, session="s2")
    topics.flush()
    wait_gap(sink, "open", 2)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        gap = (symbol, "trade", us(2000), us(12_000), "feed")
        topics.fill("aggTrade", gap, "repairing")
        topics.row("aggTrade", symbol, agg_trade(symbol, 50, 101, 103, T0 + 4000, live=False))
        topics.fill("aggTrade", gap, "done", rows=1)
    topics.flush()
    wait_gap(sink, "repaired", 2)
    topics.event("trade", "BTCUSDT", trade("BTCUSDT", 104, T0 + 31_000))
    topics.event("trade", "ETHUSDT", trade("ETHUSDT", 106, T0 + 31_000))
    topics.control("alive", T0 + 60_000, session="s2")
    topics.flush()
    wait_until(lambda: sink.one("SELECT min(to_us) FROM span WHERE session = 's2'") == us(60_000), "settled")
    assert [g[0:1] + g[4:] for g in gaps(sink)] == [
        ("BTCUSDT", "feed", "repaired", None, None), ("ETHUSDT", "feed", "open", 104, 105)]


@pytest.mark.parametrize("counted, state", [(3, "repaired"), (2, "unrepairable")])
def test_candles_that_do_not_know_their_ids_must_count_them(sink, counted, state):
    """Ids 103 to 105 are missing behind a bar that came after the last T of the lost session."""
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=["BTCUSDT"], streams=("kline_1s",))
    topics.event("kline_1s", "BTCUSDT", bar("BTCUSDT", T0, 95, 100))
    topics.control("alive", T0 + 2000, streams=("kline_1s",))
    topics.event("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 3000, 101, 102))
    topics.control("begin", T0 + 12_500, session="s2", symbols=["BTCUSDT"], streams=("kline_1s",))
    topics.event("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + 12_000, 106, 107))
    topics.control("alive", T0 + 30_000, session="s2", streams=("kline_1s",))
    topics.flush()
    wait_until(lambda: sink.one("SELECT count(*) FROM gap WHERE last_id = 105"), "the ids that are missing")
    gap = gaps(sink)[0]
    assert gap[2:] == (us(2000), us(12_500), "feed", "open", 103, 105)
    topics.fill("kline_1s", key(gap), "repairing")
    counts = {3: 2, 7: counted, 12: 2}
    for second in range(2, 13):
        topics.row("kline_1s", "BTCUSDT", bar("BTCUSDT", T0 + second * 1000, 1, counts.get(second, 0), live=False))
    topics.fill("kline_1s", key(gap), "done", rows=11)
    topics.flush()
    told = wait_gap(sink, state)[0]
    assert told[5] == (None if counted == 3 else "the candles count 2 trades where ids 103 to 105 are due")
    # The ids that the exchange stated once stay with the candle.
    assert sink.rows("SELECT first_id, last_id FROM candle_1s WHERE open_us = %s", us(3000)) == [(101, 102)]


def test_an_outage_is_repaired_from_rest(stack_of):
    """All parts: the collector is killed while the market goes on; all that was missed is there in the end, as it was traded."""
    streams = "miniTicker,kline_1s,trade,aggTrade"
    stack = stack_of("synthetic", {"feed.symbols": "BTCUSDT,ETHUSDT", "feed.streams": streams, "sink.batch_interval": 100,
                                   "backfill.enabled": "yes"})
    stack.start_exchange("synthetic", speed=5, seed=3, history=1)
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s") > 40, "candles")
    collector.kill()
    market_ms = lambda: rest(stack, "time")["serverTime"]
    until_ms = market_ms() + 20_000
    wait_until(lambda: market_ms() > until_ms, "the market goes on")
    collector = stack.start("pricegraph-collector")
    # On a busy machine there may be others, from before.
    outage = "FROM gap WHERE to_us - from_us > 10000000"
    wait_until(lambda: stack.one(f"SELECT count(*) = 8 AND bool_and(state = 'repaired') {outage}"),
               lambda: stack.rows("SELECT symbol, stream, from_us, to_us, cause, state, reason FROM gap"))
    from_us, to_us = stack.rows(f"SELECT min(from_us), max(to_us) {outage}")[0]
    assert collector.stop() == 0
    traded = {}
    for line in (stack.folder / "truth.txt").read_text().rpartition("\n")[0].splitlines():
        state, _, stream, text = (line.split(" ", 3) + [""] * 3)[:4]
        if stream.endswith("@kline_1s") and state in ("sent", "unsent"):
            k = json.loads(text)["k"]
            traded[k["s"], k["t"] * 1000] = (k["n"], float(k["v"]), float(k["c"]))
    stored = {(s, t): (n, float(v), float(c)) for s, t, n, v, c in stack.rows(
        "SELECT symbol, open_us, trades, volume, close FROM candle_1s WHERE open_us >= %s AND open_us < %s", from_us, to_us)}
    assert len(stored) >= 10 and stored == {at: traded[at] for at in stored}
    assert stack.rows("SELECT r.symbol FROM raw_agg_trade AS r JOIN raw_agg_trade AS n ON n.symbol = r.symbol AND n.id = r.id + 1 "
                      "WHERE n.first_id <> r.last_id + 1") == []
    assert stack.rows("SELECT symbol FROM raw_agg_trade GROUP BY symbol HAVING count(*) <> max(id) - min(id) + 1") == []
