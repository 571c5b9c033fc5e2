"""Bars at every interval and in every time zone are what an independent resample of the minutes is: of real ones across the trading halt of
2023-03-24, and of a made-up market over a leap year's February. A page is full whatever is missing, and costs no more for it."""

import csv
import datetime
import gzip
import random
from decimal import Decimal

import pytest

from parts import DATA

MINUTE = 60_000
HOUR, DAY = 60 * MINUTE, 1440 * MINUTE
WIDTHS = {"1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "2h": 2 * HOUR,
          "4h": 4 * HOUR, "6h": 6 * HOUR, "8h": 8 * HOUR, "12h": 12 * HOUR, "1d": DAY, "3d": 3 * DAY, "1w": 7 * DAY}
INTERVALS = [*WIDTHS, "1M"]
ZONES = {"0": 0, "8": 480, "-1:00": -60, "05:45": 345, "14:00": 840, "-12": -720, "-3:30": -210}
EPOCH = datetime.datetime(1970, 1, 1)


def month_of(local_ms):
    t = EPOCH + datetime.timedelta(milliseconds=local_ms)
    return int((datetime.datetime(t.year, t.month, 1) - EPOCH).total_seconds() * 1000)


def bucket(t, interval, zone_minutes):
    local = t + zone_minutes * MINUTE
    if interval == "1M":
        start = month_of(local)
    else:
        shift = 4 * DAY if interval == "1w" else 0  # a Monday
        start = (local - shift) // WIDTHS[interval] * WIDTHS[interval] + shift
    return start - zone_minutes * MINUTE


def end_of(start, interval, zone_minutes):
    if interval == "1M":
        return bucket(start + 32 * DAY, interval, zone_minutes)
    return start + WIDTHS[interval]


def resample(minutes, interval, zone_minutes):
    """{open time: [o, h, l, c, v, q, n, taker v, taker q]}; minutes without a trade give prices only where all are such."""
    bars = {}
    for t, *values in minutes:
        bars.setdefault(bucket(t, interval, zone_minutes), []).append(values)
    for start, parts in bars.items():
        told = [p for p in parts if p[6] > 0] or parts
        sums = [sum(p[i] for p in parts) for i in range(4, 9)]
        bars[start] = [told[0][0], max(p[1] for p in told), min(p[2] for p in told), told[-1][3], *sums]
    return bars


class Market:
    """Minutes in a database of their own, as the sink stores them; heard in `spans` (ms)."""

    def __init__(self, stack, minutes, spans):
        self.stack, self.minutes = stack, minutes
        db, venue = stack.db, stack.venue
        db.execute("SELECT venue_ensure(%s, 5000000)", (venue,))
        days = sorted({t // DAY for t, *_ in minutes})
        for table in ("candle_1s", "candle_1m", "candle_1h", "candle_1d"):
            wanted = {d if table == "candle_1s" else (EPOCH + datetime.timedelta(days=d)).year: d for d in days}
            for day in wanted.values():
                db.execute("SELECT partition_ensure(%s, %s, %s)", (venue, table, day * DAY * 1000))
        db.execute("INSERT INTO symbol (venue, symbol, i, first_us) VALUES (%s, 'BTCUSDT', 3, %s)", (venue, minutes[0][0] * 1000))
        for n, (begin, end) in enumerate(spans):
            last = n == len(spans) - 1
            db.execute("INSERT INTO span (venue, stream, i, session, from_us, to_us, ended, clock_us, speed, alive_us) VALUES "
                       "(%s, 'kline_1s', 3, %s, %s, %s, true, %s, 0, %s)", (venue, f"s{n}", begin * 1000, end * 1000, end * 1000, end * 1000))
            db.execute("INSERT INTO subscription (venue, symbol, stream, session, from_us, to_us) VALUES (%s, 'BTCUSDT', 'kline_1s', %s, %s, %s)",
                       (venue, f"s{n}", begin * 1000, None if last else end * 1000))
        with db.cursor() as c, c.copy("COPY candle_1m (open_us, symbol, venue, open, high, low, close, volume, quote, trades, taker_volume,"
                                      " taker_quote, origin, revision) FROM STDIN") as copy:
            for t, *values in minutes:
                copy.write_row((t * 1000, "BTCUSDT", venue, *values, 4, 1))
        for level, width in (("1h", HOUR), ("1d", DAY)):
            starts = sorted({t // width * width * 1000 for t, *_ in minutes if t // width * width + width <= spans[-1][1]})
            db.execute(f"SELECT fold_{level}(%s, %s, %s, %s)", (venue, ["BTCUSDT"] * len(starts), starts, [1] * len(starts)))

    def pages(self, query, limit=1000, forward=True):
        """All rows, as a client pages."""
        rows, at = [], 0 if forward else None
        while True:
            bound = f"&startTime={at}" if forward else f"&endTime={at}" if at is not None else ""
            page = self.stack.json(f"/api/v3/klines?symbol=BTCUSDT&limit={limit}&{query}{bound}")
            rows = rows + page if forward else page + rows
            if len(page) < limit:
                return rows
            at = page[-1][0] + 1 if forward else page[0][0] - 1


def assert_equal(rows, minutes, interval, zone_minutes):
    expected = resample(minutes, interval, zone_minutes)
    assert [r[0] for r in rows] == sorted(expected)
    for t, o, h, l, c, v, end, q, n, tb, tq, ignored in rows:
        assert [Decimal(x) for x in (o, h, l, c, v, q, n, tb, tq)] == expected[t], (interval, zone_minutes, t)
        assert end == end_of(t, interval, zone_minutes) - 1 and ignored == "0"
        assert all(len(x.partition(".")[2]) == 8 for x in (o, h, l, c, v, q, tb, tq))


@pytest.mark.parametrize("zone", ZONES)
def test_real_minutes_at_every_interval(stack_of, zone):
    files = sorted((DATA / "klines").glob("BTCUSDT-*.csv.gz")) if (DATA / "klines").is_dir() else []
    if not files:
        pytest.skip("no recorded klines (set PRICEGRAPH_DATA)")
    minutes = []
    with gzip.open(files[0], "rt") as f:
        for row in csv.reader(f):
            if row[0].isdigit():
                o, h, l, c, v = (Decimal(x) for x in row[1:6])  # the rest is made up: the recordings have no more
                q, half = (v * c).quantize(Decimal("1e-8")), (v / 2).quantize(Decimal("1e-8"))
                minutes.append((int(row[0]), o, h, l, c, v, q, int(v > 0) * (1 + len(minutes) % 7), half, (half * c).quantize(Decimal("1e-8"))))
    begin, end = minutes[0][0], minutes[-1][0] + MINUTE
    halt = next((a[0] + MINUTE, b[0]) for a, b in zip(minutes, minutes[1:]) if b[0] - a[0] > MINUTE)
    assert (halt[1] - halt[0]) // MINUTE == 80  # of 2023-03-24: no rows at all
    market = Market(stack_of("replay-klines"), minutes, [(begin, halt[0]), (halt[1], end)])
    for interval in INTERVALS:
        assert_equal(market.pages(f"interval={interval}&timeZone={zone}"), minutes, interval, ZONES[zone])
    assert_equal(market.pages(f"interval=1h&timeZone={zone}", 7, forward=False), minutes, "1h", ZONES[zone])


@pytest.fixture(scope="module")
def made_up():
    """From December to March, with minutes in which nobody traded and gaps of all lengths, the longest of nine days."""
    r = random.Random(5)
    t, price, minutes, spans, begin = 1_702_900_800_000 + 17 * MINUTE, 5000, [], [], None
    while t < 1_702_900_800_000 + 75 * DAY:
        begin = t if begin is None else begin
        moves = [price + r.randint(-30, 30) for _ in range(3)]
        n = r.choice((0, 1, 5, 300))
        prices = [price, max(price, *moves), min(price, *moves), moves[2]] if n else [price] * 4
        v = Decimal(r.randint(1, 10**12)) / 10**8 if n else Decimal(0)
        q, tb, tq = (v * price / 100).quantize(Decimal("1e-8")), (v / 3).quantize(Decimal("1e-8")), (v * price / 300).quantize(Decimal("1e-8"))
        minutes.append((t, *(Decimal(p) / 100 for p in prices), v, q, n, tb, tq))
        price = max(1000, prices[3])
        t += MINUTE
        if r.random() < 0.002:
            spans.append((begin, t))
            begin = None
            t += r.choice((1, 3, 50, 700, 3000, 9 * 1440) if r.random() < 0.05 else (1, 2, 61)) * MINUTE
    spans.append((begin, t))
    return minutes, [s for s in spans if s[0] is not None]


def test_made_up_months_in_every_zone(stack_of, made_up):
    minutes, spans = made_up
    market = Market(stack_of("replay-months"), minutes, spans)
    for zone in ("0", "8", "05:45", "-3:30"):
        for interval in ("4h", "1d", "3d", "1w", "1M"):
            assert_equal(market.pages(f"interval={interval}&timeZone={zone}"), minutes, interval, ZONES[zone])
    # Minutes in small pages over the gaps, from both ends.
    early = minutes[:9_000]
    assert_equal(market.pages(f"interval=1m&endTime={early[-1][0]}", 997), early, "1m", 0)
    back = []
    at = minutes[-1][0]
    for _ in range(10):
        back = market.stack.json(f"/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=333&endTime={at}") + back
        at = back[0][0] - 1
    assert_equal(back, minutes[-3330:], "1m", 0)


def test_the_beginning_is_found_without_a_scan(stack_of):
    """Two candles years apart: from the epoch on, each page reads some thousand places of the index and not the years between."""
    stack = stack_of("replay-apart")
    year = 365 * DAY
    early, late = 1_577_836_800_000, 1_577_836_800_000 + 4 * year
    row = (Decimal(1), Decimal(1), Decimal(1), Decimal(1), Decimal(1), Decimal(1), 1, Decimal(0), Decimal(0))
    market = Market(stack, [(early, *row), (late, *row)], [(early, early + MINUTE), (late, late + HOUR)])

    def touched():
        with stack.db.transaction():
            stack.db.execute("SELECT pg_stat_force_next_flush()")
        return stack.one("SELECT sum(idx_blks_hit + idx_blks_read + heap_blks_hit + heap_blks_read)::bigint FROM pg_statio_user_tables "
                         "WHERE relname LIKE 'candle%%'")

    for start, opens in ((0, [early, *range(late, late + HOUR, MINUTE)]), (early + 1, [*range(late, late + HOUR, MINUTE)])):
        before = touched()
        rows = stack.json(f"/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime={start}&limit=1000")
        assert [r[0] for r in rows] == opens
        assert touched() - before < 20_000  # the minutes of four years are two millions
    assert market.pages("interval=1d")[0][0] == early
