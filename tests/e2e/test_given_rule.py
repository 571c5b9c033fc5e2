"""Which bar is seen where bars are given at their level and others are folded from parts: a function of the parts and of the newest bar given,
in whatever order they came. Random histories against a recomputation in exact decimals that shares nothing with the SQL."""

import random
from decimal import Decimal

import pytest

VENUE = "binance"
DAY = 1_679_616_000_000_000  # 2023-03-24, µs
SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
WIDTH = {"1s": SECOND, "1m": MINUTE, "1h": HOUR, "1d": 24 * HOUR}
BELOW = {"1m": "1s", "1h": "1m", "1d": "1h"}
PARTS = {"1m": 60, "1h": 60, "1d": 24}
KLINE, CORRECTION = 4, 5
MADE = ("some", "whole", "corrected", "given")
NAMES = ("open", "high", "low", "close", "volume", "quote", "trades", "taker_volume", "taker_quote")


@pytest.fixture
def stack(stack_of):
    stack = stack_of(VENUE)
    stack.db.execute("SELECT venue_ensure(%s, 5000000)", (VENUE,))
    stack.db.execute("SELECT partition_ensure(%s, table_name, %s) FROM partitioned", (VENUE, DAY))
    return stack


def values(r, trades=None):
    """o, h, l, c, v, q, n, taker v, taker q; two places each, as numeric keeps them."""
    price = [Decimal(r.randint(100, 9999)) / 100 for _ in range(2)]
    n = r.choice((0, 1, 5, 30)) if trades is None else trades
    volume = Decimal(r.randint(1, 999)) / 100 if n else Decimal("0.00")
    return (price[0], max(price) + 1, min(price) - 1, price[1], volume, volume * 3, n, volume / 2, volume)


class Second:
    def __init__(self, bar, origin=KLINE, closed=True, removed=False):
        self.bar, self.origin, self.closed, self.removed = bar, origin, closed, removed


# What is known is seconds {open: Second} and given {(level, open): (stated, bar)}; what is seen of a bar: (values, origin, removed, made).

def fold(parts, whole, corrected):
    """parts: [(open, values, origin, removed)]; None where there are none."""
    if not parts:
        return None
    kept = [p for p in parts if not p[3]]
    if not kept:
        return None, None, True, "corrected" if corrected else "some"
    full = [p for p in kept if p[1][6] != 0] or kept
    bars = [p[1] for p in sorted(full)]
    sums = tuple(None if any(b[i] is None for b in bars) else sum(b[i] for b in bars) for i in range(4, 9))
    made = "corrected" if corrected else "whole" if whole else "some"
    return (bars[0][0], max(b[1] for b in bars), min(b[2] for b in bars), bars[-1][3], *sums), min(p[2] for p in kept), False, made


def seen(level, open_us, seconds, given):
    if level == "1m":
        there = [(t, s.bar, s.origin, s.removed, s) for t, s in seconds.items() if open_us <= t < open_us + MINUTE]
        folded = fold([p[:4] for p in there], sum(p[4].origin == KLINE and p[4].closed and not p[4].removed for p in there) == 60,
                      any(p[4].origin == CORRECTION for p in there))
    else:
        below = [(t, seen(BELOW[level], t, seconds, given)) for t in range(open_us, open_us + WIDTH[level], WIDTH[BELOW[level]])]
        below = [(t, b) for t, b in below if b]
        folded = fold([(t, *b[:3]) for t, b in below], sum(b[3] in ("whole", "given") and not b[2] for _, b in below) == PARTS[level],
                      any(b[3] == "corrected" for _, b in below))
    if (level, open_us) not in given:
        return folded
    if folded and folded[3] in ("whole", "corrected"):
        return folded
    return given[level, open_us][1], KLINE, False, "given"


class Played:
    """One order of the events, given to the functions as the sink gives them: rows, then folds, level by level."""

    def __init__(self, stack, symbol, r):
        self.stack, self.symbol, self.r, self.revision, self.touched = stack, symbol, r, 0, set()
        stack.db.execute("INSERT INTO symbol (venue, symbol, i) VALUES (%s, %s, 0)", (VENUE, symbol))

    def put_second(self, t, s):
        self.stack.db.execute(
            f"INSERT INTO candle_1s (open_us, symbol, venue, {', '.join(NAMES)}, origin, closed, stated_us, revision, removed)"
            f" VALUES ({', '.join(['%s'] * 17)}) ON CONFLICT (open_us, symbol, venue) DO UPDATE SET removed = excluded.removed, origin = excluded.origin",
            (t, self.symbol, VENUE, *s.bar, s.origin, s.closed, 1, self.revision, s.removed))
        self.touch("1m", t)

    def touch(self, level, t):
        for above in list(WIDTH)[list(WIDTH).index(level):]:
            self.touched.add((above, t - t % WIDTH[above]))

    def give(self, level, bars):
        """bars: [(open, stated, values)]. The rows that changed, as the function tells."""
        columns = list(zip(*[(self.symbol, t, *bar, stated, self.revision) for t, stated, bar in bars]))
        types = ["text", "bigint", *["numeric"] * 6, "bigint", "numeric", "numeric", "bigint", "bigint"]
        changed = self.stack.rows(f"SELECT open_us, has_parts FROM give_{level}(%s, {', '.join(f'%s::{x}[]' for x in types)})",
                                  VENUE, *[list(c) for c in columns])
        for t, has_parts in changed:
            self.touch(level, t)
            if not has_parts:
                self.touched.discard((level, t))
        return changed

    def batch(self, events):
        self.revision += 1
        for kind, *what in events:
            if kind == "second":
                self.put_second(*what)
            else:
                self.give(kind, [what])
        for level in BELOW:
            starts = [t for at, t in self.touched if at == level]
            n = self.stack.one(f"SELECT fold_{level}(%s, %s, %s::bigint[], %s::bigint[])", VENUE, [self.symbol] * len(starts), starts,
                               [self.revision] * len(starts))
            assert n <= len(starts)
        self.touched.clear()

    def play(self, events):
        """In batches. A second is deleted in a later one than it came in: only what is stored can be."""
        batch, came, most = [], set(), 1
        for e in events:
            if len(batch) == most or (e[0] == "second" and e[1] in came):
                self.batch(batch)
                batch, came, most = [], set(), self.r.randint(1, 60)
            batch.append(e)
            if e[0] == "second":
                came.add(e[1])
        self.batch(batch)

    def rows(self, level):
        found = self.stack.rows(f"SELECT open_us, {', '.join(NAMES)}, origin, removed, made FROM candle_{level} WHERE symbol = %s", self.symbol)
        return {r[0]: (None if r[11] else r[1:10], None if r[11] else r[10], r[11], MADE[r[12]]) for r in found}


def history(r):
    """Events, each independent of the others but for the versions; and what is known at the end."""
    seconds, given, events = {}, {}, []
    traded = r.sample(range(60), r.randint(1, 3))
    for minute in traded:
        style = r.choice(("whole", "whole", "open", "some", "samples", "corrected", "deleted", "all deleted", "withdrawn", "all withdrawn", "one withdrawn"))
        for i in range(60):
            t = DAY + minute * MINUTE + i * SECOND
            if style not in ("whole", "open", "one withdrawn") and r.random() < 0.5:
                continue
            s = Second(values(r))
            if style == "samples":
                s = Second((*s.bar[:4], None, None, None, None, None), 1, False)
            if style == "open" and i == minute:
                s.closed = False
            if style == "corrected" and r.random() < 0.1:
                s.origin = CORRECTION
            seconds[t] = s
            events.append(("second", t, Second(s.bar, s.origin, s.closed)))
            if style.startswith("all ") or (style in ("deleted", "withdrawn") and r.random() < 0.1) or (style == "one withdrawn" and i == minute):
                s.removed = True
                if style.endswith("deleted"):  # by hand: nobody traded then; withdrawn: nothing is known any more
                    s.origin = CORRECTION
                events.append(("second", t, s))
    minutes = r.choice((range(60), r.sample(range(60), 20), sorted(set(range(60)) - set(traded))))
    hours = range(24) if r.random() < 0.5 else {0, *r.sample(range(24), 8)}
    bars = [("1m", DAY + m * MINUTE) for m in minutes] + [("1h", DAY + h * HOUR) for h in hours]
    if r.random() < 0.5:
        bars += [("1m", DAY + HOUR + m * MINUTE) for m in range(60)]
    if r.random() < 0.7:
        bars.append(("1d", DAY))
    for level, t in bars:
        for stated in range(1, 1 + r.choice((1, 1, 1, 3))):
            bar = values(r)
            events += [(level, t, stated, bar)] * r.choice((1, 1, 2))
            given[level, t] = (stated, bar)
    return seconds, given, events


@pytest.mark.parametrize("seed", range(16))
def test_any_order_gives_the_same_bars(stack, seed):
    r = random.Random(seed)
    seconds, given, events = history(r)
    for order in range(3):
        shuffled = list(events)
        r.shuffle(shuffled)
        # A second is deleted after it came; the rest in any order.
        deletions = [e for e in shuffled if e[0] == "second" and e[2].removed]
        shuffled = [e for e in shuffled if not (e[0] == "second" and e[2].removed)]
        for e in deletions:
            came = next(i for i, x in enumerate(shuffled) if x[0] == "second" and x[1] == e[1])
            shuffled.insert(r.randint(came + 1, len(shuffled)), e)
        played = Played(stack, f"S{order}", r)
        played.play(shuffled)
        for level, span in (("1m", 2 * HOUR), ("1h", 24 * HOUR), ("1d", 24 * HOUR)):
            want = {t: seen(level, t, seconds, given) for t in range(DAY, DAY + span, WIDTH[level])}
            got = played.rows(level)
            for t, bar in want.items():
                assert got.get(t) == bar, (order, level, (t - DAY) // WIDTH[level])
            assert set(got) <= set(want)


def rows(stack, level):
    return {r[0]: r[1:] for r in stack.rows(f"SELECT (open_us - %s) / {WIDTH[level]}, close, made, stated_us, revision, (given).close FROM candle_{level}", DAY)}


def test_versions_and_ranks(stack):
    """By hand: what gives way to what, and that a repeat changes nothing, not even a revision."""
    r = random.Random(1)
    p = Played(stack, "A", r)
    bar = values(r, 5)
    p.batch([("1h", DAY, 10, bar)])
    assert rows(stack, "1h") == {0: (bar[3], 3, 10, 1, None)} and rows(stack, "1d")[0][1] == 0
    p.batch([("1h", DAY, 10, values(r)), ("1h", DAY, 9, values(r))])
    p.batch([("1h", DAY, 11, bar)])  # stated anew, but the same
    assert rows(stack, "1h") == {0: (bar[3], 3, 11, 1, None)}
    other = values(r, 5)
    p.batch([("1h", DAY, 12, other)])
    assert rows(stack, "1h") == {0: (other[3], 3, 12, 4, None)} and rows(stack, "1d")[0][3] == 4
    # Some of its minutes: the hour stands. All of them: the fold does. The hour restated: still. A minute less again: the hour.
    minutes = [("1m", DAY + m * MINUTE, 1, values(r, 5)) for m in range(60)]
    p.batch(minutes[:59])
    assert rows(stack, "1h") == {0: (other[3], 3, 12, 4, None)}
    p.batch(minutes[59:])
    assert rows(stack, "1h") == {0: (minutes[59][3][3], 1, 12, 6, other[3])}
    assert rows(stack, "1d")[0][0] == minutes[59][3][3]
    last = values(r, 5)
    p.batch([("1h", DAY, 13, last)])
    assert rows(stack, "1h") == {0: (minutes[59][3][3], 1, 13, 6, last[3])}
    # One corrected second makes a minute, its hour and its day the fold's, given bars or not.
    p.batch([("1d", DAY, 5, bar), ("1h", DAY + HOUR, 5, bar), ("1m", DAY + HOUR, 5, bar)])
    assert rows(stack, "1d")[0][:3] == (bar[3], 3, 5)
    corrected = Second(values(r, 1), CORRECTION)
    p.batch([("second", DAY + HOUR, corrected)])
    assert rows(stack, "1m")[60][:2] == rows(stack, "1h")[1][:2] == rows(stack, "1d")[0][:2] == (corrected.bar[3], 2)
    assert rows(stack, "1m")[60][4] == rows(stack, "1h")[1][4] == rows(stack, "1d")[0][4] == bar[3]
    # The correction is gone again, as if it had never been.
    stack.db.execute("DELETE FROM candle_1s")
    corrected.origin = KLINE
    p.batch([("second", DAY + HOUR, corrected)])
    assert rows(stack, "1m")[60][:2] == (bar[3], 3) and rows(stack, "1m")[60][4] is None
    assert rows(stack, "1h")[1][:2] == (bar[3], 3) and rows(stack, "1d")[0][:2] == (bar[3], 3)


def test_a_repeat_tells_of_no_change(stack):
    r = random.Random(2)
    p = Played(stack, "A", r)
    bars = [(DAY + m * MINUTE, 7, values(r)) for m in range(100)]
    assert p.give("1m", bars) == [(t, False) for t, _, _ in bars]
    assert p.give("1m", bars) == []
    p.batch([("second", DAY, Second(values(r)))])
    assert p.give("1m", [(t, 8, values(r)) for t, _, _ in bars[:2]]) == [(DAY, True), (DAY + MINUTE, False)]


def spans(stack):
    return [(k, lo, hi, a, b) for k, lo, hi, a, b in stack.rows("SELECT kind, low, high, from_us, to_us FROM given_span ORDER BY kind, low")]


def absent(stack):
    return stack.rows("SELECT from_us, to_us FROM gap WHERE cause = 'absent' AND state = 'unrepairable' AND stream = 'kline_1m' ORDER BY 1")


def take_down(stack, *stretches):
    columns = list(zip(*[("A", *s, 1) for s in stretches]))
    return stack.rows("SELECT give_spans(%s, %s, %s, %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[])",
                      VENUE, *[list(c) for c in columns])


def test_stretches_are_joined(stack):
    stack.db.execute("INSERT INTO symbol (venue, symbol, i) VALUES (%s, 'A', 0)", (VENUE,))

    def bars(a, b, reason=None):
        return "kline_1m", a, b, a, b, reason

    assert take_down(stack, bars(10, 20), bars(20, 30, "nothing there"), bars(30, 40)) == [("A",)] * 3
    assert spans(stack) == [("kline_1m", 10, 20, 10, 20), ("kline_1m", 30, 40, 30, 40)] and absent(stack) == [(20, 30)]
    assert take_down(stack, bars(10, 20), bars(31, 39), bars(12, 15, "nothing there")) == []
    assert take_down(stack, bars(20, 22), bars(24, 26)) == [("A",)] * 2
    assert spans(stack) == [("kline_1m", 10, 22, 10, 22), ("kline_1m", 24, 26, 24, 26), ("kline_1m", 30, 40, 30, 40)]
    assert absent(stack) == [(22, 24), (26, 30)]
    assert take_down(stack, bars(0, 5), bars(5, 50, "nothing there")) == [("A",)] * 2
    assert absent(stack) == [(5, 10), (22, 24), (26, 30), (40, 50)]
    assert take_down(stack, bars(0, 60)) == [("A",)]
    assert spans(stack) == [("kline_1m", 0, 60, 0, 60)] and absent(stack) == []
    # Trades by their ids: two runs that begin at once, a repeat, and what joins them.
    assert take_down(stack, ("trade", 5, 7, 100, 101, None), ("trade", 9, 12, 100, 130, None), ("trade", 5, 6, 100, 100, None)) == [("A",)] * 2
    assert spans(stack)[1:] == [("trade", 5, 7, 100, 101), ("trade", 9, 12, 100, 130)]
    assert take_down(stack, ("trade", 7, 9, 101, 101, None)) == [("A",)]
    assert spans(stack)[1:] == [("trade", 5, 12, 100, 130)]
