"""Bars at every interval and in every time zone are what an independent resample of the minutes is: of real ones across the trading halt of
2023-03-24, and of a made-up market over a leap year's February. A page is full whatever is missing, and costs no more for it."""

import csv
import datetime
import gzip
from decimal import Decimal

import pytest

from klines_parts import DAY, EPOCH, HOUR, MINUTE, Market, made_up
from parts import DATA

WIDTHS = {"1m": MINUTE, "3m": 3 * MINUTE, "5m": 5 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "2h": 2 * HOUR,
          "4h": 4 * HOUR, "6h": 6 * HOUR, "8h": 8 * HOUR, "12h": 12 * HOUR, "1d": DAY, "3d": 3 * DAY, "1w": 7 * DAY}
INTERVALS = [*WIDTHS, "1M"]
ZONES = {"0": 0, "8": 480, "-1:00": -60, "05:45": 345, "14:00": 840, "-12": -720, "-3:30": -210}


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
def months():
    return made_up()


def test_made_up_months_in_every_zone(stack_of, months):
    minutes, spans = months
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
