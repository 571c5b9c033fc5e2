"""Goal: pages into the past have no overlap and no hole, at any interval and limit, across gaps: put together they are the whole."""

import random

import pytest

import real_bars
from parts import wait_until
from real_bars import DAY, MINUTE
from test_recording import wait_ended
from web_parts import Web


@pytest.fixture
def web_of(stack_of):
    made = []

    def make(venue):
        made.append(Web(stack_of(venue)))
        return made[-1]

    yield make
    for web in made:
        web.close()


def pages(web, symbol, interval, limit, more=""):
    """Every page, from the newest into the past, until one is empty."""
    found, end = [], None
    while True:
        page = web.json(f"api/v1/initial?symbol={symbol}&interval={interval}&limit={limit}{more}" + (f"&end={end}" if end is not None else ""))
        candles = page["candles"]
        # The newest may be one bar that is still open.
        if not candles and end is not None:
            return found
        assert len(candles) <= limit
        assert [c[0] for c in candles] == sorted({c[0] for c in candles})
        if end is not None:
            assert candles[-1][0] < end and page["closed"]
        found.append(page)
        end = candles[0][0] if candles else page["from"]
        assert len(found) < 20000


def joined(found):
    return [c for page in reversed(found) for c in page["candles"]]


def missing(found, within):
    """Every bucket's time that some page says is missing, in ms, as joined ranges within the bars that are shown."""
    ranges = sorted((max(g["from"], within[0]), min(g["to"], within[1])) for p in found for g in p["gaps"])
    out = []
    for begin, end in ranges:
        if begin >= end:
            continue
        if out and begin <= out[-1][1]:
            out[-1][1] = max(out[-1][1], end)
        else:
            out.append([begin, end])
    return out


def test_the_exchanges_own_bars(web_of):
    """Four days of real minutes with the halt of 2023-03-24, a day that was not collected, and ten holes of some minutes."""
    if not (real_bars.DATA / "klines").is_dir():
        pytest.skip(f"no klines: {real_bars.DATA} is absent (set PRICEGRAPH_DATA)")
    rnd = random.Random(5)
    bars = [b for b in real_bars.read("BTCUSDT") if b[0] // DAY != 1679443200000 // DAY + 1]
    for _ in range(10):
        at = rnd.randrange(100, len(bars) - 100)
        del bars[at:at + rnd.randrange(1, 40)]
    web = web_of(real_bars.VENUE)
    real_bars.load(web.stack, "BTCUSDT", bars, flat=True)
    shown = (bars[0][0], bars[-1][0] + MINUTE)
    for interval, width, limits in (("1m", MINUTE, (1500, 97, 31)), ("3m", 3 * MINUTE, (1500, 211, 41)), ("15m", 15 * MINUTE, (1500, 7, 3)),
                                    ("1h", 60 * MINUTE, (1500, 5, 1)), ("1d", DAY, (1500, 2, 1))):
        whole = [(t, *rest) for t, *rest in real_bars.resample(bars, width, flat=True)]
        for limit in limits:
            found = pages(web, "BTCUSDT", interval, limit)
            candles = joined(found)
            assert [(c[0], *map(float, c[1:6])) for c in candles] == [(b[0], *map(float, b[1:])) for b in whole], (interval, limit)
            runs = real_bars.runs(bars)
            assert missing(found, shown) == [[a[1], b[0]] for a, b in zip(runs, runs[1:])], (interval, limit)


def test_a_recording_with_kills(web_of, recordings):
    """Recorded trades through all the parts, the collector killed on the way: real gaps, flat rows, seconds that only one stream has."""
    web = web_of("replay-paging")
    stack = web.stack
    stack.start_exchange(recordings / "hft_spot_btcusdt_20240808.gz", speed=15)
    stack.set({"feed.symbols": "BTCUSDT", "feed.streams": "miniTicker,kline_1s,trade", "sink.batch_interval": 100})
    collector = stack.start("pricegraph-collector")
    for n in range(3):
        before = stack.one("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset")
        wait_until(lambda b=before: stack.one("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset") > b + 1000, f"progress before kill {n}")
        collector.kill()
        collector = stack.start("pricegraph-collector")
    wait_ended(stack)
    for interval in ("1s", "1m"):
        whole = joined(pages(web, "BTCUSDT", interval, 1500))
        gaps = missing(pages(web, "BTCUSDT", interval, 1500), (whole[0][0], whole[-1][0]))
        assert len(gaps) >= 3
        for limit in (1, 7, 100):
            found = pages(web, "BTCUSDT", interval, limit)
            assert joined(found) == whole, (interval, limit)
            assert missing(found, (whole[0][0], whole[-1][0])) == gaps, (interval, limit)
    stored = {r[0] for r in stack.rows("SELECT open_us / 1000 FROM candle_1s")}
    shown = {c[0] for c in joined(pages(web, "BTCUSDT", "1s", 100))}
    assert stored <= shown
