"""Whatever order samples, trades, klines and corrections come in, early, late or again, the seconds and the bars are those of the rule."""

import random

import pytest

from correct_parts import END, SYMBOL, assert_stored, correct, d, line, seconds_of, visible, write
from parts import wait_until
from test_sink import T0, Topics, kline, start, ticker, trade, wait_settled

STREAMS = ("miniTicker", "kline_1s", "trade")
SECONDS = 150


def draw(rnd):
    """Events by second: some with samples alone, some with trades, some with klines too, several versions of them."""
    events, trade_id = [], 0
    for s in range(SECONDS):
        t = T0 + s * 1000
        for ms in rnd.sample(range(1000), rnd.choice([0, 0, 1, 3])):
            events.append(("miniTicker", ticker(SYMBOL, t + ms, str(rnd.randrange(10, 99)))))
        for ms in sorted(rnd.sample(range(1000), rnd.choice([0, 0, 2, 5]))):
            trade_id += 1
            events.append(("trade", trade(SYMBOL, trade_id, t + ms, str(rnd.randrange(10, 99)), str(rnd.randrange(1, 9)), rnd.random() < 0.5)))
        for version in range(rnd.choice([0, 0, 1, 3])):
            close = rnd.randrange(20, 80)
            k = kline(SYMBOL, t, t + 1004 + version, ("50", "90", "10", str(close)), "3", 20)
            k["k"]["f"], k["k"]["L"] = 1, 20
            events.append(("kline_1s", k))
    return events


def rule(events, corrections):
    samples, trades, klines = {}, {}, {}
    for stream, e in events:
        if stream == "miniTicker":
            samples.setdefault(e["E"] // 1000 * 1000, {})[e["E"]] = e["c"]
        elif stream == "trade":
            trades[e["t"]] = e
        else:
            known = klines.get(e["k"]["t"])
            if not known or known["E"] < e["E"]:
                klines[e["k"]["t"]] = e
    seconds = {}
    for t, prices in samples.items():
        c = [d(prices[ms])[0] for ms in sorted(prices)]
        seconds[t] = (c[0], max(c), min(c), c[-1], None, None, None, None, None)
    seconds.update(seconds_of(trades.values()))
    for t, e in klines.items():
        k = e["k"]
        seconds[t] = d(k["o"], k["h"], k["l"], k["c"], k["v"], k["q"], k["n"], k["V"], k["Q"])
    for t, values in corrections.items():
        if values:
            seconds[t] = values
        else:
            seconds.pop(t, None)
    return seconds


@pytest.mark.parametrize("seed", range(3))
def test_any_order_with_corrections_between(stack_of, seed):
    stack = stack_of("replay-property", {"feed.enabled": "no", "sink.batch_interval": 20})
    rnd = random.Random(seed)
    events, corrections = draw(rnd), {}
    start(stack)
    topics = Topics(stack)
    topics.control("begin", T0, symbols=[SYMBOL], streams=STREAMS)
    early = [e for e in events if rnd.random() < 0.6]
    rest = [e for e in events if e not in early]
    rnd.shuffle(early)
    rnd.shuffle(rest)
    for stream, e in early + rnd.sample(early, len(early) // 5):
        topics.event(stream, SYMBOL, e)
    topics.control("alive", END, streams=STREAMS)
    topics.flush()
    wait_settled(stack, END, 3)
    for step in range(5):
        part = rest[step::5] + rnd.sample(events, 20)
        rnd.shuffle(part)
        for stream, e in part:
            topics.event(stream, SYMBOL, e)
        topics.flush()
        lines = {}
        for t in rnd.sample(range(T0, T0 + SECONDS * 1000, 1000), 12):
            there = t in visible(stack, "candle_1s")
            values = (str(rnd.randrange(10, 20)), "99.5", "1.5", str(rnd.randrange(10, 20)), "7.25", "70", 3, None, None)
            remove = rnd.random() < 0.3 and there
            lines[t] = None if remove else d(*values)
            corrections[t] = lines[t]
        correct(stack, write(stack, "a.csv", *(line(t, v) if v else f"{t},remove" for t, v in lines.items())))
    expected = rule(events, corrections)
    wait_until(lambda: visible(stack, "candle_1s") == expected, "the seconds are those of the rule", 30)
    assert_stored(stack, expected)
    assert "0 candles of 1s" in stack.run("pricegraphctl", "rebuild", SYMBOL, str(T0), str(T0 + SECONDS * 1000)).stdout
    assert stack.one("SELECT count(*) FROM quarantine") == 0
