"""Goal: indicators of `initial` over the exchange's own bars are those of independent libraries (TA-Lib; talipp for vwap), from the first
value that is shown on, at several intervals, over flat rows and gaps."""

import math

import numpy
import pytest
import talib
from talipp.indicators import VWAP
from talipp.ohlcv import OHLCV

import real_bars
from real_bars import DAY, MINUTE

WIDTHS = {"1m": MINUTE, "3m": 3 * MINUTE, "15m": 15 * MINUTE, "1h": 60 * MINUTE, "1d": DAY}
ASKED = "sma:20,ema:12,bollinger:20:2,bollinger:7:2.5,vwap,rsi:14"


@pytest.fixture
def stack(stack_of):
    if not (real_bars.DATA / "klines").is_dir():
        pytest.skip(f"no klines: {real_bars.DATA} is absent (set PRICEGRAPH_DATA)")
    return stack_of(real_bars.VENUE)


def ask(stack, symbol, interval, indicators, **more):
    query = "".join(f"&{k}={v}" for k, v in more.items())
    return stack.json(f"/api/v1/initial?symbol={symbol}&interval={interval}&indicators={indicators}{query}")


def wilder_undefined(closes, values):
    """TA-Lib says 0 where nothing has changed yet; that is no strength."""
    still = numpy.flatnonzero(numpy.diff(closes))
    return [None if len(still) == 0 or i <= still[0] else v for i, v in enumerate(values)]


def vwap_of(bars, unknown=()):
    values, day, sums = [], None, None
    for t, _, high, low, close, volume in bars:
        if t // DAY != day:
            day, sums = t // DAY, VWAP()
        sums.add(OHLCV(0.0, float(high), float(low), float(close), float(volume)))
        values.append(sums[-1])
    return values


def expected(bars, name):
    """{part: values}, computed over all the bars."""
    closes = numpy.array([float(b[4]) for b in bars])
    kind, *numbers = name.split(":")
    if kind == "vwap":
        return {"": vwap_of(bars)}
    n = int(numbers[0])
    if kind == "bollinger":
        k = float(numbers[1])
        upper, middle, lower = talib.BBANDS(closes, timeperiod=n, nbdevup=k, nbdevdn=k)
        return {"upper": upper, "middle": middle, "lower": lower}
    if kind == "rsi":
        return {"": wilder_undefined(closes, talib.RSI(closes, timeperiod=n))}
    return {"": {"sma": talib.SMA, "ema": talib.EMA}[kind](closes, timeperiod=n)}


def check(answer, bars, least=1):
    """Every value of the answer, against the libraries' over the whole history; the greatest relative error."""
    candles, worst = answer["candles"], 0.0
    at = {b[0]: i for i, b in enumerate(bars)}
    assert len(candles) >= least
    for name, values in answer["indicators"].items():
        for part, reference in expected(bars, name).items():
            ours = values[part] if part else values
            assert len(ours) == len(candles), name
            for candle, value in zip(candles, ours):
                assert float(candle[4]) == float(bars[at[candle[0]]][4])
                other = reference[at[candle[0]]]
                if other is None or math.isnan(other):
                    assert value is None, (name, part, candle)
                    continue
                assert value is not None, (name, part, candle, other)
                error = abs(value - other) / max(abs(other), 1e-300)
                if part in ("upper", "lower"):  # relative to the price: near it they may be of any size
                    error = abs(value - other) / float(candle[4])
                assert error <= 1e-6, (name, part, candle, value, other)
                worst = max(worst, error)
    return worst


def test_indicators_are_those_of_the_libraries(stack):
    for symbol in real_bars.SYMBOLS:
        bars = real_bars.read(symbol)
        flat = symbol != "ETHUSDT"
        real_bars.load(stack, symbol, bars, flat)
        for interval, width in WIDTHS.items():
            whole = real_bars.resample(bars, width, flat)
            ends = [whole[-1][0] + width, whole[len(whole) // 2][0], whole[min(len(whole) - 1, 30)][0]]
            if interval == "1m":  # just behind the halt of 2023-03-24, and within its flat minutes
                ends += [1679666400000 + 2 * MINUTE, 1679659200000]
            for end in ends:
                answer = ask(stack, symbol, interval, ASKED, limit=50, end=end)
                assert list(answer["indicators"]) == ASKED.split(",")
                check(answer, whole)


def test_the_greatest_and_the_least_period(stack):
    bars = real_bars.read("ETHUSDT")
    real_bars.load(stack, "ETHUSDT", bars, flat=True)
    for interval in ("1m", "3m"):
        whole = real_bars.resample(bars, WIDTHS[interval], flat=True)
        for name in ("sma:200", "ema:200", "bollinger:200:9.9999", "rsi:200", "sma:2", "ema:2", "rsi:2", "bollinger:2:0.1"):
            answer = ask(stack, "ETHUSDT", interval, name, limit=3, end=whole[-1][0] + 1)
            check(answer, whole, 3)
            check(ask(stack, "ETHUSDT", interval, name, limit=300, end=whole[300][0]), whole, 300)


def test_history_begins_as_the_libraries_do(stack):
    bars = real_bars.read("BTCUSDT")
    real_bars.load(stack, "BTCUSDT", bars)
    for limit, end in ((1500, bars[1500][0]), (10, bars[25][0]), (1, bars[1][0]), (14, bars[14][0])):
        answer = ask(stack, "BTCUSDT", "1m", ASKED, limit=limit, end=end)
        check(answer, bars, limit)
    first = ask(stack, "BTCUSDT", "1m", ASKED, limit=30, end=bars[30][0])["indicators"]
    assert [first["sma:20"][:20].count(None), first["ema:12"][:12].count(None), first["rsi:14"][:15].count(None)] == [19, 11, 14]
    assert first["bollinger:20:2"]["upper"][:20].count(None) == 19
    assert first["vwap"].count(None) == 0


def test_a_long_gap_is_stepped_over(stack):
    """What was collected days before counts: the windows reach over buckets that are not there, however many."""
    bars = [b for b in real_bars.read("BTCUSDT") if b[0] < 1679486400000 or b[0] >= 1679780000000 // MINUTE * MINUTE]
    real_bars.load(stack, "BTCUSDT", bars)
    first = next(b[0] for b in bars if b[0] >= 1679780000000 // MINUTE * MINUTE)
    answer = ask(stack, "BTCUSDT", "1m", ASKED, limit=10, end=first + 5 * MINUTE)
    assert [c[0] for c in answer["candles"]] == [first + i * MINUTE for i in range(5)]
    check(answer, bars, 5)


def test_seconds_know_their_day(stack):
    """vwap of 1s bars: of a day that holds more seconds than are read."""
    bars = real_bars.read("ETHUSDT")[:600]
    real_bars.load(stack, "ETHUSDT", bars)
    seconds = [(t + 1000 * s, *rest[:4], rest[4] / 64 + s) for t, *rest in bars for s in range(0, 60, 7)]
    with stack.db.cursor().copy("COPY candle_1s (open_us, symbol, venue, open, high, low, close, volume, quote, trades, origin, closed, "
                                "stated_us, revision) FROM STDIN") as copy:
        for t, o, h, l, c, v in seconds:
            copy.write_row((t * 1000, "ETHUSDT", real_bars.VENUE, o, h, l, c, v, v * c, 1, 4, True, 0, 1))
    shown, last = [], {s[0]: s for s in seconds}
    for t in range(bars[0][0], bars[-1][0] + MINUTE, 1000):
        c = shown[-1][4] if shown else None
        shown.append(last.get(t, (t, c, c, c, c, 0)))
    check(ask(stack, "ETHUSDT", "1s", ASKED, limit=100, end=shown[-1][0] + 1), shown, 100)
    stack.db.execute("UPDATE candle_1s SET volume = NULL, quote = NULL, trades = NULL, origin = 1 WHERE open_us = %s", [seconds[3][0] * 1000])
    answer = ask(stack, "ETHUSDT", "1s", "vwap,sma:2", limit=100, end=shown[-1][0] + 1)
    assert answer["indicators"]["vwap"] == [None] * 100 and None not in answer["indicators"]["sma:2"]


def test_what_is_not_known_is_null(stack):
    bars = real_bars.read("ETHUSDT")[:3000]
    real_bars.load(stack, "ETHUSDT", bars)
    stack.db.execute("UPDATE candle_1m SET volume = NULL, quote = NULL, trades = NULL WHERE open_us = %s", [bars[1300][0] * 1000])
    values = ask(stack, "ETHUSDT", "1m", "vwap", limit=300, end=bars[1500][0])["indicators"]["vwap"]
    assert None not in values[:100] and values[100:240] == [None] * 140
    assert None not in values[240:]  # the next day

    stack.db.execute("UPDATE candle_1m SET open = 5, high = 5, low = 5, close = 5")
    answer = ask(stack, "ETHUSDT", "1m", "rsi:14,bollinger:20:2,sma:20", limit=5, end=bars[-1][0] + 1)["indicators"]
    assert answer == {"rsi:14": [None] * 5, "bollinger:20:2": {k: [5] * 5 for k in ("middle", "upper", "lower")}, "sma:20": [5] * 5}
