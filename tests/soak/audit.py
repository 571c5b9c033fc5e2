"""What a campaign left in the database against the truth of the market: nothing lost undeclared, nothing doubled, candles =
recomputation from every trade that took place, sent or not."""

import json
from collections import defaultdict
from decimal import Decimal

from recompute import bars, trade_of

SECOND = 1_000_000


def read_truth(path):
    """{stream: [(sent, event)]} in the market's order; an event that was sent twice is there once."""
    out = defaultdict(list)
    for line in path.read_text().splitlines():
        state, _, stream, text = line.split(" ", 3)
        if "@" in stream and not stream.startswith("!"):
            out[stream.split("@")[1]].append((state == "sent", json.loads(text)))
    return out


class Declared:
    """The gaps of the database, by symbol and stream."""

    def __init__(self, stack):
        self.rows = stack.rows("SELECT symbol, stream, from_us, to_us, cause, state, reason FROM gap ORDER BY from_us")
        self.by = defaultdict(list)
        for symbol, stream, from_us, to_us, *_ in self.rows:
            self.by[symbol, stream].append((from_us, to_us))

    def holds(self, symbol, stream, at_us, slack_us=1000):
        return any(a - slack_us <= at_us <= b + slack_us for a, b in self.by[symbol, stream])


def audit_trades(stack, truth, declared, start_us, end_us, problems):
    """Every trade of the time is stored, or counted in a stored aggregate trade; none is stored twice or invented."""
    traded = {(e["s"], e["t"]): e for _, e in truth["trade"]}
    stored = stack.rows("SELECT symbol, id, trade_us, price, quantity, buyer_is_maker FROM raw_trade")
    if len({r[:2] for r in stored}) != len(stored):
        problems.append("trades stored twice")
    for symbol, number, trade_us, price, quantity, maker in stored:
        e = traded.get((symbol, number))
        if not e or (e["T"] * 1000, Decimal(e["p"]), Decimal(e["q"]), e["m"]) != (trade_us, price, quantity, maker):
            problems.append(f"trade {symbol} {number} is not what was traded")
    have = {r[:2] for r in stored}
    for symbol, first, last in stack.rows("SELECT symbol, first_id, last_id FROM raw_agg_trade"):
        have.update((symbol, i) for i in range(first, last + 1))
    lost = [(k, e["T"]) for k, e in traded.items() if k not in have and start_us <= e["T"] * 1000 < end_us]
    for (symbol, number), at_ms in lost:
        if not declared.holds(symbol, "trade", at_ms * 1000):
            problems.append(f"trade {symbol} {number} at {at_ms} is lost and no gap says so")
    return len(have), len(lost)


def audit_tickers(campaign, truth, declared, start_us, end_us, problems):
    """No miniTicker is invented, and none is lost undeclared. One that the exchange spoiled or withheld while the connection
    lived can't be missed by anybody: it has no number, and its candles come from the other streams."""
    stack = campaign.stack
    sent = {(e["s"], e["E"]): e for _, e in truth["miniTicker"]}
    stored = stack.rows("SELECT symbol, event_us, close, volume FROM raw_mini_ticker")
    for symbol, event_us, close, volume in stored:
        e = sent.get((symbol, event_us // 1000))
        if not e or (Decimal(e["c"]), Decimal(e["v"])) != (close, volume):
            problems.append(f"miniTicker {symbol} {event_us} is not what was sent")
    if campaign.frames_lost:
        return
    have = {r[:2] for r in stored}
    for (symbol, at_ms) in sent:
        at_us = at_ms * 1000
        if (symbol, at_us) not in have and start_us <= at_us < end_us and not declared.holds(symbol, "miniTicker", at_us, SECOND):
            problems.append(f"miniTicker {symbol} {at_ms} is lost and no gap says so")


def audit_candles(stack, truth, start_us, end_us, problems):
    """Seconds and minutes equal a recomputation; returns how many were compared."""
    trades = defaultdict(list)
    for _, e in truth["trade"]:
        trades[e["s"]].append(trade_of(e))
    compared = 0
    for symbol, of in trades.items():
        of.sort(key=lambda t: t["t"])
        for table, width_us in (("candle_1s", SECOND), ("candle_1m", 60 * SECOND)):
            first, last = -(-start_us // width_us) * width_us, end_us // width_us * width_us
            want = {t * 1000: b.values() for t, b in bars(of, width_us // 1000).items() if first <= t * 1000 < last}
            got = {r[0]: r[1:] for r in stack.rows(
                f"SELECT open_us, open, high, low, close, volume, quote, trades, taker_volume, taker_quote FROM {table} "
                "WHERE symbol = %s AND open_us >= %s AND open_us < %s AND trades IS DISTINCT FROM 0", symbol, first, last)}
            compared += len(want)
            for t in sorted(set(want) | set(got)):
                if want.get(t) != got.get(t):
                    problems.append(f"{table} {symbol} {t}: {got.get(t)} instead of {want.get(t)}")
    return compared


def audit(campaign, end_us, repaired=True):
    """Raises with every problem; the figures of a campaign that has none."""
    stack = campaign.stack
    problems = []
    truth = read_truth(stack.folder / "truth.txt")
    declared = Declared(stack)
    start_us = stack.one("SELECT max(u.from_us) FROM (SELECT symbol, stream, min(from_us) AS from_us FROM subscription "
                         "GROUP BY 1, 2) AS u")
    kept, lost = audit_trades(stack, truth, declared, start_us, end_us, problems)
    audit_tickers(campaign, truth, declared, start_us, end_us, problems)
    seconds = audit_candles(stack, truth, start_us, end_us, problems) if repaired else 0
    if repaired:
        problems += [f"not repaired: {g}" for g in declared.rows if g[5] in ("open", "repairing") and g[2] < end_us]
        problems += [f"doubted: {g}" for g in declared.rows if g[5] == "unrepairable"]
        if lost:
            problems.append(f"{lost} trades were not repaired")
    figures = {"trades": kept, "from": start_us, "seconds": (end_us - start_us) // SECOND, "bars": seconds, "gaps": len(declared.rows), "kills": campaign.kills}
    assert not problems, f"seed {campaign.seed}: {len(problems)} problems\n" + "\n".join(problems[:40]) + f"\n{figures}"
    assert kept and (seconds or not repaired)
    return figures
