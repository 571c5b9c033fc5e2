"""Samples, trades, aggregates, partial and closed klines from the live topics, bars and aggregates of history: in whatever order and however often they
come, seconds, bars and holes are those of a plain recomputation of all that came."""

import random
from collections import defaultdict
from decimal import Decimal

import pytest

from parts import wait_until
from recompute import Bar
from test_holes import ALL, History, agg_trade
from test_sink import T0, start, ticker, trade, wait_settled

SYMBOLS = ["BTCUSDT", "1INCHUSDT"]
SECONDS = 100
END = T0 + 10**8


@pytest.fixture
def sink(stack_of):
    return stack_of("replay-test", {"feed.enabled": "no", "backfill.enabled": "no", "sink.batch_interval": 30, "sink.batch_events": 150})


def kline(symbol, t, trades, stated, closed, gain=0, live=True):
    """The bar of these trades as it was stated; `gain`: more volume, as bars are restated with."""
    k = {"t": t, "T": t + 999, "s": symbol, "i": "1s", "f": -1, "L": -1, "o": "3", "h": "3", "l": "3", "c": "3", "v": "0", "q": "0", "n": 0,
         "x": closed, "V": "0", "Q": "0", "B": "0"}
    if trades:
        b = Bar(trades[0])
        for one in trades[1:]:
            b.add(one)
        o, h, l, c, v, q, n, taker, taker_quote = b.values()
        k.update({"f": b.first, "L": b.last, "o": str(o), "h": str(h), "l": str(l), "c": str(c), "v": str(v + gain), "q": str(q), "n": n,
                  "V": str(taker), "Q": str(taker_quote)})
    event = {"e": "kline", "E": stated, "s": symbol, "k": k}
    if not live:
        del event["E"], k["f"], k["L"]
    return event


def second_of(rnd, symbol, t, ids):
    """All that can be heard of one second: (when, stream, event, stated or None for live)."""
    out, numbered = [], []
    for ms in sorted(rnd.sample(range(1000), rnd.choice([0, 0, 1, 2, 5, 9]))):
        ids["trade"] += 1
        event = trade(symbol, ids["trade"], t + ms, f"{rnd.randrange(1, 10**6) / 100:.2f}", f"{rnd.randrange(1, 10**6) / 1000:.3f}", rnd.random() < .5)
        numbered.append({"t": event["t"], "p": Decimal(event["p"]), "q": Decimal(event["q"]), "m": event["m"]})
        out.append((t + ms, "trade", event, None))
    first = ids["trade"] - len(numbered) + 1
    while first <= ids["trade"]:
        last = min(ids["trade"], first + rnd.randrange(3))
        ids["agg"] += 1
        at = out[first - numbered[0]["t"]][0]
        live = rnd.random() < .8
        out.append((at, "aggTrade", agg_trade(symbol, ids["agg"], first, last, at, live), None if live else END))
        first = last + 1
    for ms in rnd.sample(range(1000), rnd.choice([0, 1, 3])):
        out.append((t + ms, "miniTicker", ticker(symbol, t + ms, str(rnd.randrange(1, 9999))), None))
    for n in range(rnd.choice([0, 0, 1, 2])):  # while it is open
        out.append((t + 300 * n, "kline_1s", kline(symbol, t, numbered[:len(numbered) // 2 + n], t + 300 + n, False), None))
    if rnd.random() < .5:
        out.append((t + 999, "kline_1s", kline(symbol, t, numbered, t + 1004, True), None))
    for n in range(rnd.choice([0, 0, 0, 1, 2])):  # from REST, restated
        out.append((t + 999, "kline_1s", kline(symbol, t, numbered, 0, True, n, live=False), END + t % 10**6 + n))
    return out


def market(seed):
    rnd = random.Random(seed)
    ids = {s: {"trade": 1000 * i, "agg": 500 * i} for i, s in enumerate(SYMBOLS, 1)}
    return [e for n in range(SECONDS) for s in SYMBOLS for e in second_of(rnd, s, T0 + n * 1000, ids[s]) if rnd.random() < .9]


# --- the recomputation ---

def summed(trades):
    """(o, h, l, c, v, q, n, V, Q) of trades or aggregates, and how many they count, by their numbers."""
    ordered = [trades[k] for k in sorted(trades)]
    prices = [Decimal(e["p"]) for e in ordered]
    amounts = [Decimal(e["q"]) for e in ordered]
    quotes = [p * q for p, q in zip(prices, amounts)]
    taken = [not e["m"] for e in ordered]
    count = sum(e["l"] - e["f"] + 1 if "f" in e else 1 for e in ordered)
    return (prices[0], max(prices), min(prices), prices[-1], sum(amounts), sum(quotes), count,
            sum(q for q, t in zip(amounts, taken) if t), sum(q for q, t in zip(quotes, taken) if t))


def visible(heard):
    """What is seen of a second: the bar's numbers, its origin, whether it is closed."""
    bars = {(e["k"]["x"], stated or e["E"]): e["k"] for stream, e, stated in heard if stream == "kline_1s"}
    newest = bars[max(bars)] if bars else None
    row = tuple(Decimal(newest[k]) for k in "ohlcvqnVQ") if newest else None
    if newest and newest["x"]:
        return row, 4, True
    found = []
    for origin, stream, name in ((2, "aggTrade", "a"), (3, "trade", "t")):
        trades = {e[name]: e for s, e, _ in heard if s == stream}
        if trades:
            found.append((summed(trades), origin, False))
    if newest:
        found.append((row, 4, False))
    if found:
        return max(found, key=lambda f: (f[0][6], f[1]))
    at = {e["E"]: Decimal(e["c"]) for s, e, _ in heard if s == "miniTicker"}
    return (at[min(at)], max(at.values()), min(at.values()), at[max(at)], None, None, None, None, None), 1, False


def fold(seconds):
    """Bars of a minute from {ms: (numbers, origin, closed)}."""
    minutes = defaultdict(dict)
    for t, second in seconds.items():
        minutes[t // 60_000 * 60_000][t] = second
    out = {}
    for t, parts in minutes.items():
        rows = [parts[k][0] for k in sorted(parts)]
        full = [r for r in rows if r[6] != 0]
        prices = full or rows
        sums = tuple(None if any(r[i] is None for r in full) else sum(r[i] for r in full) for i in range(4, 9))
        out[t] = ((prices[0][0], max(r[1] for r in prices), min(r[2] for r in prices), prices[-1][3], *sums),
                  min(p[1] for p in parts.values()))
    return out


def holes_between(ranges):
    """Of {(first, last): ms}: what is missing between one and the next: (first, last, ms before, ms behind)."""
    ordered = sorted(ranges)
    return [(a[1] + 1, b[0] - 1, ranges[a], ranges[b]) for a, b in zip(ordered, ordered[1:]) if b[0] > a[1] + 1]


def holes(events):
    """{(symbol, stream, from): (to, first, last)} in µs, as the table has them."""
    ranges = defaultdict(dict)
    for _, stream, e, _ in events:
        if stream == "trade":
            ranges[e["s"], stream, True][e["t"], e["t"]] = e["T"]
        elif stream == "aggTrade":
            ranges[e["s"], stream, True][e["a"], e["a"]] = e["T"]
            ranges[e["s"], stream, False][e["f"], e["l"]] = e["T"]
        elif stream == "kline_1s" and e["k"]["x"] and e["k"]["n"]:
            ranges[e["s"], stream, True][e["k"]["f"], e["k"]["L"]] = e["k"]["t"]
    found = {}
    for (symbol, stream, own), some in ranges.items():
        for first, last, before, behind in holes_between(some):
            from_us, to_us = before * 1000, behind * 1000 + 1
            if stream == "kline_1s":
                from_us, to_us = ((before + 1000) * 1000, behind * 1000) if behind > before + 1000 else (before * 1000, (behind + 1000) * 1000)
            to, low, high = found.get((symbol, stream, from_us), (0, None, None))
            if own:
                low, high = first if low is None else min(low, first), last if high is None else max(high, last)
            found[symbol, stream, from_us] = (max(to, to_us), low, high)
    return found


def write(topics, rnd, events, disorder):
    """In disorder, some twice, with control records that promise no more than is true if nothing is later than 4 s. Returns how many of history."""
    order = sorted(events + rnd.sample(events, len(events) // 10), key=lambda e: e[0] + rnd.choice(disorder))
    reached = T0
    for at, stream, event, stated in order:
        reached = max(reached, min(at, T0 + SECONDS * 1000))
        if stated:
            topics.row(stream, event["s"], event, stated)
        else:
            topics.event(stream, event["s"], event)
        if rnd.random() < .05:
            topics.control("alive", reached, streams=ALL)
    return sum(bool(stated) for *_, stated in order)


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_any_order(sink, seed, late):
    """`late`: also long after the seconds are settled; then holes are told of that close afterwards."""
    rnd = random.Random(seed)
    events = market(seed)
    if not late:  # what history brings closes holes or does not, whichever is first
        events = [e for e in events if not (e[1] == "aggTrade" and e[3])]
    start(sink)
    topics = History(sink)
    topics.control("begin", T0, symbols=SYMBOLS, streams=ALL)
    rows = write(topics, rnd, events, [0, 0, 300, 2000, 4000, *([30_000, 90_000] if late else [])])
    topics.control("alive", END, streams=ALL)
    topics.flush()
    wait_settled(sink, END, len(ALL))
    wait_until(lambda: sink.one("SELECT coalesce(sum(next_offset), 0) FROM kafka_offset WHERE stream LIKE '%%.history'") == rows, "history is taken")
    heard = defaultdict(list)
    for at, stream, event, stated in events:
        heard[event["s"], at // 1000 * 1000].append((stream, event, stated))
    origins = set()
    for symbol in SYMBOLS:
        want = {t: visible(some) for (s, t), some in heard.items() if s == symbol}
        got = {t // 1000: (tuple(n), origin, closed) for t, origin, closed, *n in sink.rows(
            "SELECT open_us, origin, closed, open, high, low, close, volume, quote, trades, taker_volume, taker_quote FROM candle_1s "
            "WHERE symbol = %s", symbol)}
        assert got == want
        origins |= {origin for _, origin, _ in want.values()}
        minutes = {t // 1000: (tuple(n), origin) for t, origin, *n in sink.rows(
            "SELECT open_us, origin, open, high, low, close, volume, quote, trades, taker_volume, taker_quote FROM candle_1m WHERE symbol = %s", symbol)}
        assert minutes == fold(want)
    assert origins == {1, 2, 3, 4}
    for table, stream, name in (("raw_trade", "trade", "t"), ("raw_agg_trade", "aggTrade", "a")):
        assert sorted(sink.rows(f"SELECT symbol, id FROM {table}")) == sorted({(e["s"], e[name]) for _, s, e, _ in events if s == stream})
    assert sorted(sink.rows("SELECT symbol, event_us / 1000 FROM raw_mini_ticker")) == sorted(
        {(e["s"], e["E"]) for _, s, e, _ in events if s == "miniTicker"})
    if not late:
        told = {(s, stream, a): (b, first, last) for s, stream, a, b, cause, first, last in sink.rows(
            "SELECT symbol, stream, from_us, to_us, cause, first_id, last_id FROM gap")}
        assert told == holes([e for e in events if not e[3]])
    assert sink.one("SELECT count(*) FROM quarantine") == 0
