"""From REST to rows: an outage ends repaired, whatever is killed on the way; what is loaded by hand is stored once, however often it comes, and
live data do not wait for it. The exchange is the model."""

import json
import re
import urllib.request

from parts import wait_until
from test_backfill import History, csv
from test_operation import free_port

COLUMNS = "open_us, symbol, open, high, low, close, volume, quote, trades, taker_volume, taker_quote, origin, closed"


def rest(stack, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.values['exchange.rest_port']}/api/v3/{path}", timeout=10) as answer:
        return json.load(answer)


def klines(stack, symbol, from_us, to_us):
    """(open, the decimals, trades) of the exchange's bars of a second that open in [from, to)."""
    rows, at = [], -(-from_us // 1_000_000) * 1000
    while at * 1000 < to_us:
        page = rest(stack, f"klines?symbol={symbol}&interval=1s&startTime={at}&endTime={(to_us - 1) // 1000}&limit=1000")
        if not page:
            break
        rows += page
        at = page[-1][0] + 1000
    return {r[0]: (*(float(x) for x in r[1:6]), r[8]) for r in rows}


def candles(stack, symbol, from_us, to_us):
    found = stack.rows("SELECT open_us / 1000, open, high, low, close, volume, trades FROM candle_1s WHERE symbol = %s AND open_us >= %s"
                       " AND open_us < %s AND NOT removed", symbol, -(-from_us // 1_000_000) * 1_000_000, to_us)
    return {r[0]: (*(float(x) if x is not None else None for x in r[1:6]), r[6]) for r in found}


def states(stack):
    return dict(stack.rows("SELECT state, count(*) FROM gap GROUP BY 1"))


def ids_missing(stack, symbol):
    """Trade ids between the first and the last that are neither in a trade nor in an aggregate."""
    return stack.one("""
        WITH ids AS (
            SELECT id FROM raw_trade WHERE symbol = %(s)s
            UNION SELECT generate_series(first_id, last_id) FROM raw_agg_trade WHERE symbol = %(s)s AND first_id >= 0)
        SELECT max(id) - min(id) + 1 - count(*) FROM ids""" % {"s": f"'{symbol}'"})


def test_outage(stack_of):
    stack = stack_of("synthetic", {"feed.symbols": "BTCUSDT,ETHUSDT", "feed.streams": "miniTicker,kline_1s,trade,aggTrade",
                                   "backfill.enabled": "yes"})
    stack.start_exchange("synthetic", speed=5, seed=3, history=1)
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s WHERE closed") > 40, "candles")
    began_us = stack.one("SELECT min(from_us) FROM span")
    last = stack.one("SELECT max(to_us) FROM span")
    collector.kill()
    wait_until(lambda: rest(stack, "time")["serverTime"] * 1000 > last + 20_000_000, "20 s of the market go by")
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: taken(stack, "kline_1s") or taken(stack, "aggTrade"), "the sink takes the first of it")
    collector.kill()
    again_us = rest(stack, "time")["serverTime"] * 1000
    stack.start("pricegraph-collector")
    # What the second kill cost is a gap only when all is heard again; the first ones may be repaired before.
    wait_until(lambda: stack.one("SELECT min(from_us) FROM subscription WHERE to_us IS NULL") >= again_us, "all is heard again")
    wait_until(lambda: set(states(stack)) <= {"repaired", "unrepairable"} and states(stack).get("repaired", 0) >= 8, lambda: states(stack))
    gaps = stack.rows("SELECT symbol, stream, cause, state, reason, to_us FROM gap")
    assert {g[3] for g in gaps} == {"repaired"}, "\n".join(map(str, gaps))
    assert {g[4] for g in gaps if g[1] == "miniTicker"} == {"candles repaired"}
    end_us = max(g[5] for g in gaps) + 3_000_000
    wait_until(lambda: stack.one("SELECT max(open_us) FROM candle_1s") > end_us, "the seconds behind")
    for symbol in ("BTCUSDT", "ETHUSDT"):
        assert ids_missing(stack, symbol) == 0
        assert candles(stack, symbol, began_us, end_us) == klines(stack, symbol, began_us, end_us)


def taken(stack, stream):
    """How far the sink is in a history topic."""
    return stack.one("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset WHERE stream = %s", stream + ".history")


def buckets(port):
    """Live records by the time from their receipt to their commit: upper bound (s) -> how many up to it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        text = answer.read().decode()
    found = re.findall(r'^pricegraph_sink_received_to_committed_seconds_bucket\{.*?le="([^"]+)"\} (\S+)$', text, re.M)
    total = {}
    for bound, count in found:
        total[float(bound)] = total.get(float(bound), 0) + float(count)
    return total


def test_by_hand(stack_of, tmp_path):
    port = free_port()
    stack = stack_of("synthetic", {"feed.symbols": "BTCUSDT,ETHUSDT", "feed.streams": "kline_1s,trade", "http.port": port,
                                   "sink.batch_interval": 200})
    stack.start_exchange("synthetic", seed=4, history=2)
    stack.start("pricegraph-collector")
    wait_until(lambda: stack.one("SELECT count(*) FROM candle_1s") > 5, "candles")
    # Bars of a day long past, twice; the file holds one that is not its minute's.
    t, count = 1_735_603_200_000, 60_000
    bars = tmp_path / "SOLUSDT-1s-2024-12-31.csv"
    bars.write_text("".join(csv([t + i * 1000, "1.5", "2", "1", "1.75", "3", t + i * 1000 + 999, "4.5", i % 3, "1", "1.5", 0])
                            for i in range(count)))
    before = buckets(port)
    history = History(stack)
    stored = f"SELECT {COLUMNS} FROM candle_1s WHERE symbol = 'SOLUSDT' ORDER BY open_us"
    for times in (1, 2):
        stack.run("pricegraphctl", "import", str(bars))
        wait_until(lambda: taken(stack, "kline_1s") == history.count("kline_1s"), lambda: f"{taken(stack, 'kline_1s')} are taken", 60)
        rows = stack.rows(stored)
        assert len(rows) == count and (times == 1 or rows == first)
        first = rows
    assert [(r[0], str(r[5]), r[8]) for r in first[:2]] == [(t * 1000, "1.75000000", 0), ((t + 1000) * 1000, "1.75000000", 1)]
    during = buckets(port)
    live = {bound: during[bound] - before.get(bound, 0) for bound in during}
    assert live[float("inf")] > 50
    within = max(live[b] for b in live if b <= 1.5)
    assert within == live[float("inf")], f"live records by seconds to their commit: {live}"
    # A stretch of the exchange's own past.
    to_ms = rest(stack, "time")["serverTime"] // 1000 * 1000 - 600_000
    from_ms = to_ms - 3_000_000
    for times in (1, 2):
        stack.run("pricegraphctl", "backfill", "BTCUSDT", str(from_ms), str(to_ms))
        out = stack.run("pricegraphctl", "backfill", "BTCUSDT", str(from_ms), str(from_ms + 60_000), "aggTrades").stdout
        trades = int(re.search(r"aggTrade: (\d+) rows", out).group(1))
        for stream in ("kline_1s", "aggTrade"):
            wait_until(lambda s=stream: taken(stack, s) == history.count(s), lambda s=stream: (s, taken(stack, s), history.count(s)))
        want = klines(stack, "BTCUSDT", from_ms * 1000, to_ms * 1000)
        assert candles(stack, "BTCUSDT", from_ms * 1000, to_ms * 1000) == want
        assert stack.one("SELECT count(*) FROM raw_agg_trade WHERE symbol = 'BTCUSDT'") == trades
    assert stack.one("SELECT count(*) FROM quarantine") == 0
