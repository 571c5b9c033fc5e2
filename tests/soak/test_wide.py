"""An hour of the whole exchange is missing: REST gives it back at the pace that the weight allows, and live data do not wait for it. WIDE symbols of
miniTicker and kline_1s (1,500 by `make soak`, a few in `make test`). The hour lies before the collector's start: the gaps are put into the table as the
sink puts them there after an outage, so that nobody waits an hour for one."""

import os
import re
import time
import urllib.request

import pytest

from parts import Stack, wait_until
from test_operation import free_port
from test_repair import buckets, klines, rest

WIDE = int(os.environ.get("WIDE", "30"))
HOUR_US = 3_600_000_000
SHARE, LIMIT = 50, 6000  # rest.weight_share and weight_limit as they are by default
PAGES, WEIGHT = 4, 2  # of an hour of seconds


@pytest.fixture
def stack(servers, tmp_path):
    names = [f"C{i}USDT" for i in range(WIDE)]
    stack = Stack(tmp_path, "synthetic", {"feed.symbols": ",".join(names), "feed.streams": "miniTicker,kline_1s", "backfill.enabled": "yes",
                                          "http.port": free_port(), "topics.retention": 1, "feed.silence": 60})
    stack.start_exchange("synthetic", seed=11, symbols=",".join(names), history=2)
    yield stack
    stack.close()


def gauge(stack, name):
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.values['http.port']}/metrics", timeout=10) as answer:
        found = re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)
    return float(found.group(1)) if found else 0.0


def p99(before, after):
    """Upper bound (s) of the time from receipt to commit of 99 % of the live records between two looks; how many there were."""
    counts = {bound: after[bound] - before.get(bound, 0) for bound in after}
    total = counts[float("inf")]
    return min(b for b in counts if counts[b] >= 0.99 * total), int(total)


def states(stack):
    return dict(stack.rows("SELECT state, count(*) FROM gap WHERE cause = 'feed' GROUP BY 1"))


def test_an_hour_of_all_symbols(stack):
    port = stack.values["http.port"]
    collector = stack.start("pricegraph-collector")
    wait_until(lambda: stack.one("SELECT count(DISTINCT symbol) FROM candle_1s") == WIDE, "every symbol is heard", 120)
    before = buckets(port)
    wait_until(lambda: p99(before, buckets(port))[1] > 20 * WIDE, "live records", 120, 1)
    alone = p99(before, buckets(port))
    to_us = rest(stack, "time")["serverTime"] // 1000 * 1_000_000 - 120_000_000
    from_us = to_us - HOUR_US
    before, began, weight = buckets(port), time.monotonic(), 0
    stack.db.execute("INSERT INTO gap (venue, symbol, stream, from_us, to_us, cause, revision)"
                     " SELECT 'synthetic', s.symbol, k, %s, %s, 'feed', 1 FROM symbol AS s, unnest('{miniTicker,kline_1s}'::text[]) AS k",
                     (from_us + 300_000, to_us - 200_000))
    end = began + 60 + WIDE * 2
    while states(stack) != {"repaired": 2 * WIDE}:
        weight = max(weight, gauge(stack, "pricegraph_rest_used_weight"))
        assert time.monotonic() < end and collector.running(), (states(stack), stack.rows("SELECT * FROM gap WHERE state = 'unrepairable' LIMIT 3"))
        time.sleep(0.5)
    took = time.monotonic() - began
    beside = p99(before, buckets(port))
    rows = stack.one("SELECT count(*) FROM candle_1s WHERE open_us >= %s AND open_us < %s", from_us, to_us)
    print(f"an hour of {WIDE} symbols: repaired in {took:.0f} s, {rows:,} seconds ({rows / took:,.0f}/s), at most {weight:.0f} of weight in a minute "
          f"(of {LIMIT * SHARE // 100} allowed; all of it costs {WIDE * PAGES * WEIGHT:,}); live records received to committed p99 <= {beside[0]} s "
          f"({beside[1]:,}; before <= {alone[0]} s, {alone[1]:,})")
    assert weight <= LIMIT * SHARE / 100 + 100
    assert beside[0] <= max(1.5, 2 * alone[0])
    for symbol in (f"C{i}USDT" for i in {0, WIDE // 2, WIDE - 1}):
        want = klines(stack, symbol, from_us, to_us)
        found = stack.rows("SELECT open_us / 1000, open, high, low, close, volume, trades FROM candle_1s WHERE symbol = %s AND open_us >= %s AND open_us < %s",
                           symbol, from_us, to_us)
        assert {r[0]: (*map(float, r[1:6]), r[6]) for r in found} == want and len(want) == 3600
    assert rows == WIDE * 3600
    assert collector.stop() == 0
