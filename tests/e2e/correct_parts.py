"""What the tests of changing the past by hand share: a market that is settled, files of corrections, what is stored."""

import re
from decimal import Decimal

from parts import wait_until
from recompute import bars, trade_of
from test_sink import LEVELS, T0, Topics, market, start, stored, wait_settled

SYMBOL = "BTCUSDT"
END = T0 + 7_200_000  # two hours later: the day is over


def settled(stack, seed=1, seconds=180):
    """Some minutes of trades, settled two hours later: the stack, its topics, the events of SYMBOL."""
    events = [e for e in market(seed, seconds, rate=6) if e["s"] == SYMBOL]
    collector = start(stack)
    topics = Topics(stack)
    topics.control("begin", T0, symbols=[SYMBOL])
    for e in events:
        topics.event("trade", SYMBOL, e)
    topics.control("alive", END)
    topics.flush()
    wait_settled(stack, END)
    assert stored(stack, "candle_1s", SYMBOL) == seconds_of(events)
    return collector, topics, events


def seconds_of(events):
    return {t: bar.values() for t, bar in bars(sorted((trade_of(e) for e in events), key=lambda t: t["t"]), 1000).items()}


def line(t, values):
    """A line of a file of corrections: open, high, low, close, volume, quote, trades[, taker volume, taker quote]."""
    return ",".join([str(t), *("" if v is None else str(v) for v in values)])


def write(stack, name, *lines):
    path = stack.folder / name
    path.write_text("\n".join(lines) + "\n")
    return path


def correct(stack, path, *more, check=True, reason="they were wrong"):
    return stack.run("pricegraphctl", "correct", SYMBOL, "--from", str(path), "--reason", reason, *more, check=check)


def run_of(done):
    return re.search(r"this was run (\d+)", done.stdout).group(1)


def inverse(stack, done, name="inverse.csv"):
    path = stack.folder / name
    path.write_text(stack.run("pricegraphctl", "correct", SYMBOL, "--inverse", run_of(done)).stdout)
    return path


def fold(seconds, width):
    """Bars from {ms: values}, by the rules of the fold; parts without a trade are empty."""
    out = {}
    for t in sorted(seconds):
        v = seconds[t]
        out.setdefault(t - t % width, []).append(v)
    return {t: fold_one(parts) for t, parts in out.items()}


def total(parts, i):
    values = [p[i] for p in parts]
    return None if None in values else sum(values)


def fold_one(parts):
    full = [p for p in parts if p[6] != 0]
    use = full or parts
    sums = [total(full, i) for i in range(4, 9)]
    return (use[0][0], max(p[1] for p in use), min(p[2] for p in use), use[-1][3], *sums)


def visible(stack, table):
    return {row[0] // 1000: row[1:] for row in stack.rows(
        f"SELECT open_us, open, high, low, close, volume, quote, trades, taker_volume, taker_quote FROM {table} "
        "WHERE symbol = %s AND NOT removed", SYMBOL)}


def assert_stored(stack, seconds):
    """These seconds, and the bars that they fold to."""
    assert visible(stack, "candle_1s") == seconds
    for table, width in LEVELS[1:]:
        assert visible(stack, table) == fold(seconds, width), table


def wait_stored(stack, seconds):
    wait_until(lambda: visible(stack, "candle_1s") == seconds, "the seconds are stored")
    assert_stored(stack, seconds)


def revision(stack):
    return stack.one("SELECT revision FROM partition WHERE i = (SELECT i FROM symbol WHERE symbol = %s)", SYMBOL)


def d(*texts):
    return tuple(None if t is None else Decimal(t) if isinstance(t, str) else t for t in texts)
